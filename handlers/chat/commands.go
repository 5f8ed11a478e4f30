package chat

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/chat/words"
)

// audience is who a command is for. What a person may really do, the Desk decides by their identity.
type audience int

const (
	everybody audience = iota
	leaders
	merchants
	verifiers
)

// rest is what may follow a command's words. In a group, words that go on in another way are ordinary talk.
type rest int

const (
	nothing   rest = iota // nothing, or a deal's code
	wishes                // quantities, letters, a neighbour, an address
	serial                // an order's number, perhaps with words after it
	someTime              // a time or a length of time
	anything              // free words
	something             // free words, at least one
	pickup                // a pickup code or an order's number
	linking               // nothing, or a code that ties accounts together
)

// line is a row of the help: what to send and what it does.
type line struct{ words, means string }

// command is one row of the table.
type command struct {
	name   string
	zh, en []string // words that call it
	rest   rest
	for_   audience
	zhHelp line // empty: not shown
	enHelp line
	run    func(*talk) ([]bot.Reply, error)
}

// table lists every command once: routing, help and tests come from it.
func table() []command {
	return slices.Concat(shopping(), leading(), handing(), settings())
}

func shopping() []command {
	return []command{
		{name: "join", rest: wishes, zhHelp: line{"+2、来两份、A*2 B+1", "跟团"}, enHelp: line{"+2, join 2, A*2 B+1", "take part"}, run: (*talk).joinByWords},
		{name: "for", rest: wishes, zhHelp: line{"帮小王 +1", "替邻居报名"}, enHelp: line{"for Ann +1", "order for a neighbour"}, run: (*talk).joinByWords},
		{
			name: "change", zh: []string{"改成", "改为", "改到", "改"}, en: []string{"change to", "change", "make it"}, rest: wishes,
			zhHelp: line{"改成 3", "改数量"}, enHelp: line{"change to 3", "set the quantity"}, run: (*talk).changeByWords,
		},
		{
			name: "leave", zh: []string{"退团", "退出接龙", "退出", "不要了", "取消订单", "取消报名"}, en: []string{"leave", "drop out", "cancel my order", "cancel order"},
			rest: wishes, zhHelp: line{"退团", "不要了"}, enHelp: line{"leave", "give your order up"}, run: (*talk).leaveByWords,
		},
		{name: "undo", zh: []string{"撤销", "撤回"}, en: []string{"undo"}, zhHelp: line{"撤销", "取消刚才那一下"}, enHelp: line{"undo", "take the last step back"}, run: (*talk).undoByWords},
		{name: "status", zh: []string{"进度", "还差多少", "还差几份", "看看"}, en: []string{"status", "progress"}, zhHelp: line{"进度", "还差多少"}, enHelp: line{"status", "how far it is"}, run: (*talk).status},
		{name: "who", zh: []string{"谁参加了", "谁参团了", "谁报名了", "名单"}, en: []string{"who joined", "who is in", "who"}, zhHelp: line{"名单", "谁参加了"}, enHelp: line{"who", "who takes part"}, run: (*talk).whoIsIn},
		{name: "orders", zh: []string{"我的订单", "我的", "订单"}, en: []string{"my orders", "orders"}, zhHelp: line{"我的订单", "订单、付款、取货码"}, enHelp: line{"orders", "your orders, paying, pickup codes"}, run: (*talk).myOrders},
		{name: "pay", zh: []string{"付款", "支付", "去付款", "我要付款"}, en: []string{"pay now", "pay"}, rest: serial, zhHelp: line{"付款", "去付款"}, enHelp: line{"pay", "pay what is due"}, run: (*talk).payByWords},
		{name: "wait", zh: []string{"候补", "排队"}, en: []string{"waiting list", "wait list", "wait"}, rest: wishes, zhHelp: line{"候补 2", "满了先排队"}, enHelp: line{"wait 2", "queue when it is full"}, run: (*talk).waitByWords},
		{name: "unwait", zh: []string{"取消候补", "不候补了", "不等了"}, en: []string{"stop waiting"}, run: (*talk).unwaitByWords},
		{name: "newteam", zh: []string{"自己开团", "新开一团", "开新团"}, en: []string{"open a team", "new team"}, rest: wishes, run: (*talk).openTeamByWords},
		{name: "deals", zh: []string{"有什么团", "有哪些团", "现在有什么团", "今天有什么团", "看团", "团购"}, en: []string{"deals", "open deals", "what's on", "what is on", "what's open", "what is open"}, zhHelp: line{"看团", "正在开的团"}, enHelp: line{"deals", "what is open now"}, run: (*talk).openDeals},
		{name: "point", zh: []string{"换自提点", "改自提点", "自提点"}, en: []string{"change point", "pickup point", "point"}, rest: anything, zhHelp: line{"自提点", "换个地方取货"}, enHelp: line{"point", "pick up somewhere else"}, run: (*talk).pointByWords},
		{name: "paste", run: (*talk).pasteList},
		{name: "paste_teams", run: (*talk).listInTeams},
		{name: "chain", zhHelp: line{"接龙", "完整的接龙，可接着贴"}, enHelp: line{"chain", "the whole list, to paste on"}, run: (*talk).printList},
		{name: "claim", zhHelp: line{"我是7号", "认领接龙里的订单"}, enHelp: line{"I am no. 7", "claim a line of the list"}, run: (*talk).claim},
		{name: "code", zh: []string{"取货码"}, en: []string{"pickup code", "my code"}, run: (*talk).myCode},
	}
}

func leading() []command {
	return []command{
		{
			name: "post", zh: []string{"开团", "发团", "发起接龙"}, en: []string{"new deal", "post a deal", "post"}, rest: anything, for_: leaders,
			zhHelp: line{"开团 葡萄 29.9元 20份成团 今晚8点截止", "发新团，先预览"}, enHelp: line{"post Grapes ¥29.90 min 20 shares closes 8 pm", "new deal, preview first"}, run: (*talk).post,
		},
		{name: "share", zh: []string{"转团", "转到本群"}, en: []string{"share"}, rest: something, for_: leaders, zhHelp: line{"转团 D7KQ2", "把团发到本群"}, enHelp: line{"share D7KQ2", "post a deal to this chat too"}, run: (*talk).share},
		{name: "shareto", zh: []string{"发到", "发到哪", "分享到"}, en: []string{"share to", "send to"}, rest: anything, for_: leaders, zhHelp: line{"发到 三号楼", "把团发到更多群"}, enHelp: line{"share to Building 3", "post a deal to more chats"}, run: (*talk).shareTo},
		{name: "close", zh: []string{"截团", "截单", "提前截止"}, en: []string{"close deal", "close now", "close"}, for_: leaders, zhHelp: line{"截团", "现在截止"}, enHelp: line{"close", "cut off now"}, run: (*talk).closeDeal},
		{name: "extend", zh: []string{"延期", "延长", "推迟"}, en: []string{"extend"}, rest: someTime, for_: leaders, zhHelp: line{"延期 明晚8点", "推迟截止，只一次"}, enHelp: line{"extend tomorrow 8 pm", "move the deadline, once"}, run: (*talk).extend},
		{
			name: "cancel", zh: []string{"取消团", "取消本团", "取消这个团", "取消"}, en: []string{"cancel deal", "cancel"}, rest: anything, for_: leaders,
			zhHelp: line{"取消团 原因", "全部退款"}, enHelp: line{"cancel deal reason", "everybody gets their money back"}, run: (*talk).cancelDeal,
		},
		{name: "complete", zh: []string{"直接成团", "按现有成团"}, en: []string{"form now", "complete"}, for_: leaders, zhHelp: line{"直接成团", "不够也发货"}, enHelp: line{"form now", "go ahead although short"}, run: (*talk).complete},
		{name: "lower", zh: []string{"成团改为", "成团改成", "起订改为", "改成团"}, en: []string{"lower to", "threshold"}, rest: wishes, for_: leaders, zhHelp: line{"成团改为 15 份", "降低成团数"}, enHelp: line{"lower to 15", "fewer are enough"}, run: (*talk).lower},
		{name: "stock", zh: []string{"库存改为", "库存改成", "库存"}, en: []string{"stock"}, rest: wishes, for_: leaders, zhHelp: line{"库存 A 50", "改库存"}, enHelp: line{"stock A 50", "change the stock"}, run: (*talk).restock},
		{name: "title", zh: []string{"改标题", "改名"}, en: []string{"title", "rename"}, rest: something, for_: leaders, zhHelp: line{"改标题 新标题", "改标题"}, enHelp: line{"title New title", "change the title"}, run: (*talk).retitle},
		{name: "picture", zh: []string{"改图", "换图"}, en: []string{"picture"}, rest: anything, for_: leaders, zhHelp: line{"改图 + 一张图", "换图片"}, enHelp: line{"picture + a photo", "change the picture"}, run: (*talk).repicture},
		{name: "place", zh: []string{"改地点", "改取货"}, en: []string{"place"}, rest: something, for_: leaders, zhHelp: line{"改地点 3号楼大厅 周六10:00-12:00", "改自提地点"}, enHelp: line{"place Hall 3 Sat 10:00-12:00", "change where to pick up"}, run: (*talk).replace},
		{name: "remind", zh: []string{"提醒", "催付", "催一下"}, en: []string{"remind"}, for_: leaders, zhHelp: line{"提醒", "提醒该付款、该取货的人"}, enHelp: line{"remind", "remind who should pay or collect"}, run: (*talk).remind},
		{name: "unpaid", zh: []string{"谁没付款", "谁没付钱", "谁没付", "未付"}, en: []string{"unpaid", "who has not paid"}, for_: leaders, zhHelp: line{"谁没付", "没付款的人"}, enHelp: line{"unpaid", "who has not paid"}, run: (*talk).unpaid},
		{name: "waiting", zh: []string{"候补名单", "谁在候补"}, en: []string{"who waits"}, for_: leaders, run: (*talk).waitingList},
		{name: "paper", zh: []string{"代记", "记"}, en: []string{"note", "add"}, rest: wishes, for_: leaders, zhHelp: line{"记 王姐 +2", "记电话或纸条订单"}, enHelp: line{"note Wang +2", "write down a phone order"}, run: (*talk).paper},
		{name: "remove", zh: []string{"删除", "移除", "删"}, en: []string{"remove", "delete"}, rest: serial, for_: leaders, zhHelp: line{"删 12 原因", "去掉 12 号订单"}, enHelp: line{"remove 12 reason", "take order 12 out"}, run: (*talk).remove},
		{name: "paid", zh: []string{"已付", "已收"}, en: []string{"paid"}, rest: serial, for_: leaders, zhHelp: line{"已付 12", "线下收到款"}, enHelp: line{"paid 12", "paid to you by hand"}, run: (*talk).recordPaid},
		{name: "returned", zh: []string{"退回", "已退"}, en: []string{"returned"}, rest: serial, for_: leaders, zhHelp: line{"退回 12", "线下退了款"}, enHelp: line{"returned 12", "returned by hand"}, run: (*talk).recordReturned},
		{name: "summary", zh: []string{"汇总", "发汇总"}, en: []string{"summary"}, for_: leaders, zhHelp: line{"汇总", "把订单发给商家"}, enHelp: line{"summary", "send the order to the merchant"}, run: (*talk).summary},
		{name: "arrived", zh: []string{"到货", "货到了"}, en: []string{"arrived"}, rest: anything, for_: leaders, zhHelp: line{"到货", "通知大家取货"}, enHelp: line{"arrived", "call people to collect"}, run: (*talk).arrived},
		{name: "missing", zh: []string{"谁没取货", "谁没取", "未取"}, en: []string{"missing", "who has not collected"}, for_: leaders, zhHelp: line{"谁没取", "还没取货的人"}, enHelp: line{"missing", "who has not collected"}, run: (*talk).missing},
		{name: "quiet", zh: []string{"安静"}, en: []string{"quiet"}, for_: leaders, zhHelp: line{"安静 / 正常 / 热闹", "群里说多少话"}, enHelp: line{"quiet / normal / lively", "how much is said in the group"}, run: (*talk).quiet},
		{name: "normal", zh: []string{"正常"}, en: []string{"normal"}, for_: leaders, run: (*talk).normal},
		{name: "lively", zh: []string{"热闹"}, en: []string{"lively"}, for_: leaders, run: (*talk).lively},
		{name: "qr", zh: []string{"二维码", "海报"}, en: []string{"qr code", "qr", "poster"}, for_: leaders, zhHelp: line{"二维码", "扫码跟团；私聊有各平台的码"}, enHelp: line{"qr", "a code to join by; in private, every platform's"}, run: (*talk).qr},
	}
}

func handing() []command {
	return []command{
		{name: "checkoff", zh: []string{"核销", "取货"}, en: []string{"pick up", "check off", "hand out"}, rest: pickup, for_: verifiers, zhHelp: line{"核销 取货码", "交货"}, enHelp: line{"pick up CODE", "hand an order out"}, run: (*talk).checkOffByWords},
		{name: "ack", zh: []string{"已收到", "收到汇总"}, en: []string{"got it", "received"}, for_: merchants, zhHelp: line{"已收到", "确认收到汇总"}, enHelp: line{"got it", "you have the order summary"}, run: (*talk).ackByWords},
		{name: "problem", zh: []string{"有问题"}, en: []string{"problem"}, rest: anything, for_: merchants, zhHelp: line{"有问题 说明", "告诉团长"}, enHelp: line{"problem what is wrong", "tell the leader"}, run: (*talk).problemByWords},
	}
}

func settings() []command {
	return []command{
		{name: "chinese", zh: []string{"语言 中文", "语言中文", "中文"}, en: []string{"language chinese", "chinese", "language zh"}, run: (*talk).chinese},
		{name: "english", zh: []string{"语言 英文", "语言英文", "英文", "语言 english"}, en: []string{"language english", "english", "language en"}, zhHelp: line{"English", "speak English"}, enHelp: line{"中文", "说中文"}, run: (*talk).english},
		{name: "language", zh: []string{"语言"}, en: []string{"language"}, run: (*talk).language},
		{name: "link", zh: []string{"绑定账号", "绑定"}, en: []string{"link"}, rest: linking, zhHelp: line{"绑定", "在别的平台也认得你"}, enHelp: line{"link", "be known on another platform too"}, run: (*talk).linkByWords},
		{name: "unlink", zh: []string{"解绑", "取消绑定"}, en: []string{"unlink"}, zhHelp: line{"解绑", "这里单独用一个账号"}, enHelp: line{"unlink", "a separate account here"}, run: (*talk).unlinkByWords},
		{name: "forget", zh: []string{"忘记我", "删除我的数据", "注销"}, en: []string{"forget me", "erase me"}, zhHelp: line{"忘记我", "删除我的资料"}, enHelp: line{"forget me", "delete my data"}, run: (*talk).forgetMe},
		{name: "help", zh: []string{"帮助", "怎么用", "使用说明"}, en: []string{"help", "start", "menu"}, run: (*talk).help},
		{name: "helplead", zh: []string{"团长帮助", "团长怎么用"}, en: []string{"leader help", "help leader"}, zhHelp: line{"团长帮助", "开团、截团、汇总这些怎么发"}, enHelp: line{"leader help", "posting, closing, summaries and the like"}, for_: leaders, run: (*talk).helpLeading},
	}
}

// said is what a text was understood as.
type said struct {
	command *command
	near    *command // its words were used, but what followed was not understood
	rest    string
	wish    wish
	code    string // a deal's code, perhaps
	serial  int64
	at      time.Time
	guess   bool // perhaps an order: a name of an item and a number
	loose   bool // no command's words: what is on offer decides whether it is an order at all
}

var mention = regexp.MustCompile(`^@\S+\s+`)

// understand finds the command that a text calls: the longest words whose rest makes sense.
func (h *Handler) understand(t *talk) said {
	text := strings.TrimSpace(mention.ReplaceAllString(t.text, ""))
	if rest, slash := strings.CutPrefix(text, "/"); slash { // "/join@tuanbot 2"
		word, more, _ := strings.Cut(rest, " ")
		word, _, _ = strings.Cut(word, "@")
		text = strings.TrimSpace(word + " " + more)
	}
	t.text = text
	if s, ok := h.listSaid(text); ok {
		return s
	}
	return h.understandPlain(t)
}

// understandPlain finds the command in a text that is no list.
func (h *Handler) understandPlain(t *talk) said {
	text := t.text
	if bareCode.MatchString(text) && strings.ContainsFunc(text, unicode.IsLetter) {
		return h.row("checkoff").read(text, t.now())
	}
	var best, near said
	longest, nearest := 0, 0
	for i := range h.commands {
		c := &h.commands[i]
		for _, aliases := range [][]string{c.zh, c.en} {
			for _, w := range aliases {
				after, ok := follows(text, w)
				if !ok {
					continue
				}
				if s := c.read(after, t.now()); s.command != nil && len(w) > longest {
					best, longest = s, len(w)
				} else if s.command == nil && len(w) > nearest {
					near, nearest = said{near: c, rest: after}, len(w)
				}
			}
		}
	}
	if best.command != nil && !best.isOwn(text) {
		return best
	}
	return h.asOrder(text, near)
}

// asOrder reads a text that begins with no command's words.
func (h *Handler) asOrder(text string, s said) said {
	s.wish = readWish(text)
	join := h.row("join")
	switch {
	case s.wish.Leaves && (len(s.wish.Rest) == 0 || len(s.wish.Rest) == 1 && s.near == nil):
		s.command, s.near, s.code, s.serial, s.loose = h.row("leave"), nil, s.wish.Code, s.wish.Serial, true
	case s.wish.isOrder() && (s.wish.Mode == words.Set || s.wish.Mode == words.Less):
		s.command, s.near, s.code, s.serial, s.loose = h.row("change"), nil, s.wish.Code, s.wish.Serial, true
	case s.wish.isOrder():
		s.command, s.near, s.code, s.serial, s.loose = join, nil, s.wish.Code, s.wish.Serial, true
	case len(s.wish.Picks) == 1 && len(s.wish.Rest) > 0 && s.wish.Trouble == "":
		s.guess = true
	}
	return s
}

// isOwn: "cancel mine" is about one's own order, whoever says it.
func (s said) isOwn(text string) bool {
	if s.command.name != "cancel" || s.rest == "" {
		return false
	}
	w := readWish(text)
	return w.Leaves && len(w.Rest) == 0 && s.code == ""
}

func (h *Handler) row(name string) *command {
	for i := range h.commands {
		if h.commands[i].name == name {
			return &h.commands[i]
		}
	}
	return nil
}

// now is the time in the community's zone.
func (t *talk) now() time.Time { return t.v.Now.In(t.v.Zone) }

// follows cuts a command's words off; English words must end there.
func follows(text, alias string) (string, bool) {
	if len(text) < len(alias) || !strings.EqualFold(text[:len(alias)], alias) {
		return "", false
	}
	after := text[len(alias):]
	if alias[len(alias)-1] < 0x80 && after != "" && !words.IsBreak(rune(after[0])) && after[0] != ':' && after[0] != '#' && after[0] != '+' {
		return "", false
	}
	return strings.TrimFunc(after, func(r rune) bool { return words.IsBreak(r) || r == ':' }), true
}

var (
	onlyCode   = regexp.MustCompile(`^#?([0-9A-HJKMNP-Za-hjkmnp-z]{5})$`)
	serialRest = regexp.MustCompile(`(?i)^(?:no\.?\s*|#)?(\d{1,6})\s*号?(?:[\s,.:]+(.*)|([^\d\s].*))?$`)
	bareCode   = regexp.MustCompile(`^[0-9A-Z]{4}-[0-9A-Z]{4}$`) // what the QR code of an order holds
	pickupCode = regexp.MustCompile(`(?i)^#?([0-9A-Z]{4})[\s-]?([0-9A-Z]{4})$`)
)

// read checks whether what follows a command's words makes sense.
func (c *command) read(after string, now time.Time) said {
	s := said{command: c, rest: after}
	bad := said{}
	switch c.rest {
	case nothing:
		return c.readCode(after)
	case wishes:
		s.wish = readWish(after)
		s.code, s.serial = s.wish.Code, s.wish.Serial
		if len(s.wish.Rest) > 0 && len(s.wish.Picks) == 0 {
			return bad
		}
	case serial:
		if m := serialRest.FindStringSubmatch(after); m != nil && onlyCode.FindString(after) == "" {
			s.serial, _ = words.Number(m[1]) // only digits match
			s.rest = strings.TrimSpace(m[2] + m[3])
			return s
		}
		return c.readCode(after)
	case someTime:
		f, ok := readWhen(after, now)
		d, long := words.Span(after)
		switch {
		case after == "":
		case ok:
			s.at = f.At
		case long:
			s.rest = d.String()
		default:
			return bad
		}
	case pickup:
		if after != "" && pickupCode.FindString(after) == "" && serialRest.FindString(after) == "" {
			return bad
		}
	case linking:
		if after != "" && !linkCode.MatchString(words.Fold(handlers.CleanLinkCode(after))) {
			return bad
		}
	case something, anything:
		if after == "" && c.rest == something || chatter.MatchString(after) {
			return bad
		}
		if onlyCode.MatchString(after) && strings.ToUpper(after) == after {
			s.code = strings.TrimPrefix(after, "#")
		}
	}
	return s
}

func (c *command) readCode(after string) said {
	switch m := onlyCode.FindStringSubmatch(after); {
	case after == "":
		return said{command: c}
	case m != nil:
		return said{command: c, code: strings.ToUpper(m[1])}
	}
	return said{}
}

// chatter is how ordinary talk goes on after a word of ours: 开团了吗, 取消了没.
var chatter = regexp.MustCompile(`^(?:了?[吗嘛没呢吧啊呀]|了$|不|是|什么|怎么|的|时间|就|吗|一下吧)`)

// isLeader reports whether a person leads the deal.
func isLeader(s domain.DealSheet, who domain.Account) bool { return handlers.LeadsAs(s, who) }
