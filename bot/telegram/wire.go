package telegram

// The types below are the parts of Telegram's updates that we read. They do not contain themselves, so that no update, however
// deeply nested, makes us follow it down.

type update struct {
	ID          int64        `json:"update_id"`
	Message     *message     `json:"message"`
	Callback    *callback    `json:"callback_query"`
	Inline      *inlineQuery `json:"inline_query"`
	MyMember    *member      `json:"my_chat_member"`
	PreCheckout *preCheckout `json:"pre_checkout_query"`
}

type user struct {
	ID       int64  `json:"id"`
	IsBot    bool   `json:"is_bot"`
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
	Username string `json:"username"`
	Lang     string `json:"language_code"`
}

type chat struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"`
	Title string `json:"title"`
}

// quoted is the part of a message that other messages speak of.
type quoted struct {
	ID    int     `json:"message_id"`
	From  *user   `json:"from"`
	Photo []photo `json:"photo"`
}

type photo struct {
	FileID string `json:"file_id"`
	Width  int    `json:"width"`
}

type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"` // in UTF-16 units
	Length int    `json:"length"`
	User   *user  `json:"user"`
}

type message struct {
	quoted
	Date            int64    `json:"date"`
	Chat            chat     `json:"chat"`
	SenderChat      *chat    `json:"sender_chat"`
	Thread          int      `json:"message_thread_id"`
	IsTopic         bool     `json:"is_topic_message"`
	ReplyTo         *quoted  `json:"reply_to_message"`
	Text            string   `json:"text"`
	Entities        []entity `json:"entities"`
	Caption         string   `json:"caption"`
	CaptionEntities []entity `json:"caption_entities"`
	MediaGroup      string   `json:"media_group_id"`
	ViaBot          *user    `json:"via_bot"`
	MigrateTo       int64    `json:"migrate_to_chat_id"`
	MigrateFrom     int64    `json:"migrate_from_chat_id"`
	Paid            *payment `json:"successful_payment"`
}

// callback is a pressed button. Message is missing when the button hangs on a message that was sent inline, and holds
// hardly more than its id when it is old.
type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message"`
	Inline  string   `json:"inline_message_id"`
	Data    string   `json:"data"`
}

type inlineQuery struct {
	ID    string `json:"id"`
	From  user   `json:"from"`
	Query string `json:"query"`
}

type standing struct {
	Status string `json:"status"`
}

type member struct {
	Chat chat     `json:"chat"`
	From user     `json:"from"`
	Date int64    `json:"date"`
	Old  standing `json:"old_chat_member"`
	New  standing `json:"new_chat_member"`
}

type preCheckout struct {
	ID       string `json:"id"`
	From     user   `json:"from"`
	Currency string `json:"currency"`
	Total    int64  `json:"total_amount"`
	Payload  string `json:"invoice_payload"`
}

type payment struct {
	Currency string `json:"currency"`
	Total    int64  `json:"total_amount"`
	Payload  string `json:"invoice_payload"`
	Charge   string `json:"telegram_payment_charge_id"`
	Provider string `json:"provider_payment_charge_id"`
}
