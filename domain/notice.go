package domain

import "time"

// NoticeKind names a message that follows from a fact.
type NoticeKind string

// The notices. To is a chat or an account; payloads hold ids and numbers only, names and words are read when sending.
const (
	NoticeCard          NoticeKind = "card"           // chat: draw the living card again
	NoticePosted        NoticeKind = "deal_posted"    // chat: the card's first appearance
	NoticeKMore         NoticeKind = "k_more"         // chat
	NoticeAlmostFull    NoticeKind = "almost_full"    // chat
	NoticeRemindChat    NoticeKind = "remind_chat"    // chat: 2 h left
	NoticeRemindLeader  NoticeKind = "remind_leader"  // leader: 24 h, 15 min left
	NoticeRemindUnpaid  NoticeKind = "remind_unpaid"  // holder of an unpaid order, 15 min left
	NoticeFormedChat    NoticeKind = "formed_chat"    // chat
	NoticeFormed        NoticeKind = "formed"         // shopper
	NoticeFailedChat    NoticeKind = "failed_chat"    // chat
	NoticeFailed        NoticeKind = "failed"         // shopper: with the amount and other deals
	NoticePayDue        NoticeKind = "pay_due"        // shopper: before the window ends
	NoticePayOverdue    NoticeKind = "pay_overdue"    // shopper: closed unpaid
	NoticeUnpaidLeader  NoticeKind = "unpaid_leader"  // leader: somebody did not pay
	NoticePaid          NoticeKind = "paid"           // shopper: money is in
	NoticeRefundSent    NoticeKind = "refund_sent"    // shopper
	NoticeRefundArrived NoticeKind = "refund_arrived" // shopper
	NoticeChanged       NoticeKind = "deal_changed"   // shopper, chat
	NoticeExtended      NoticeKind = "deal_extended"  // chat, shoppers
	NoticeCancelledChat NoticeKind = "cancelled_chat" // chat
	NoticeCancelled     NoticeKind = "cancelled"      // shopper
	NoticeRemoved       NoticeKind = "order_removed"  // shopper
	NoticeSummary       NoticeKind = "summary"        // merchant
	NoticeSummaryLate   NoticeKind = "summary_late"   // leader: not acknowledged in 2 h
	NoticeSummaryAnswer NoticeKind = "summary_answer" // leader: acknowledged, or a problem
	NoticeArrived       NoticeKind = "arrived"        // shopper: with the pickup code
	NoticeArrivedChat   NoticeKind = "arrived_chat"   // chat
	NoticeStillThere    NoticeKind = "still_there"    // shopper
	NoticeCompleted     NoticeKind = "completed"      // chat and leader
	NoticeReceived      NoticeKind = "received"       // shopper
	NoticeSeatOffered   NoticeKind = "seat_offered"   // shopper on the waiting list
	NoticeSeatGone      NoticeKind = "seat_gone"      // shopper on the waiting list
	NoticeHeadNow       NoticeKind = "head_now"       // shopper: leads the team now
	NoticeLeaderNote    NoticeKind = "leader_note"    // leader: something to look at (Num["what"])
	NoticeLinked        NoticeKind = "linked"         // person: another identity was tied to this account (Num["at"]), by a code or by a platform's word (Num["union"])
	NoticeChatGone      NoticeKind = "chat_gone"      // leader, shoppers of that chat: we cannot speak there any more; the orders stay
	NoticeAskHome       NoticeKind = "ask_home"       // who ordered in a group with a room alone (Num["room"]): which building?
	NoticeClaimAsked    NoticeKind = "claim_asked"    // leader: somebody says that a line of a list is theirs
	NoticeClaimTold     NoticeKind = "claim_told"     // who said so: what the leader answered (Num["yes"])
	NoticeText          NoticeKind = "text"           // the reply of an update that took too long
)

// Notice is an outbox row before it is stored: what to say to whom, from when on.
type Notice struct {
	Kind      NoticeKind
	Dedup     string // unique for ever
	Community CommunityID
	Account   AccountID // to a person, or
	Chat      ChatID    // to a chat
	Deal      DealID
	Team      TeamID
	Order     OrderID
	Refund    RefundID
	Payment   PaymentID
	Summary   SummaryID
	Num       map[string]int64 // amounts in fen, counts, times in ms
	Due       time.Time
	Lead      time.Duration // reminders: how long before the event; late by more than half of it, it is dropped
	Urgent    bool          // not held back by quiet hours
}

// DeliveryState is where an outbox row stands.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryNew     DeliveryState = "new"
	DeliverySending DeliveryState = "sending" // marked before the send: found after a crash it is unknown
	DeliverySent    DeliveryState = "sent"
	DeliveryDropped DeliveryState = "dropped" // not wanted any more: too late, superseded
	DeliveryKept    DeliveryState = "kept"    // nobody could be reached: waits for the next contact
	DeliveryDead    DeliveryState = "dead"    // a person must look
)

// Delivery is an outbox row.
type Delivery struct {
	ID NoticeID
	Notice
	Channel    string // chosen when sending
	State      DeliveryState
	Attempts   int64
	DueAt      time.Time
	Owner      string
	Fence      int64
	LastReason string
	MessageID  string
	CreatedAt  time.Time
	DoneAt     time.Time
}
