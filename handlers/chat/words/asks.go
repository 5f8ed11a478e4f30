package words

import (
	"regexp"
	"strings"
)

// Topic is what a question asked in private, or of the bot itself, is about.
type Topic int

// The topics. A question that none of them fits is TopicOther; what asks nothing is TopicNone.
const (
	TopicNone    Topic = iota
	TopicHello         // 你好, anybody there?
	TopicThanks        // 谢谢
	TopicFine          // 好的: needs no answer
	TopicOrders        // what did I order, where is my refund
	TopicLeaving       // can I get out of it again
	TopicPaying        // how and when is it paid
	TopicClosing       // until when
	TopicPrice         // how much is it
	TopicDeals         // what is on
	TopicLeft          // is there any left, is it on
	TopicPickup        // where and when do I get it
	TopicLeader        // who is the leader, a person please
	TopicOther         // something else that only a person knows
)

// topics are tried in this order: what speaks of money going back before money, the deadline before any other "when".
var topics = []struct {
	topic Topic
	words *regexp.Regexp
}{
	{TopicHello, whole(`你好+|您好|哈[喽啰罗]|嗨+|喂+|在吗|在不在|在么|有人[吗在]+|早+|早安|早上好|上午好|中午好|下午好|晚上好|大家好|hi|hello|hey|yo|good (?:morning|afternoon|evening)|(?:hi |hello )?(?:is )?any(?:one|body)(?: there| here)?`)},
	{TopicThanks, whole(`(?:好的?|嗯+|行|ok|okay)?,?(?:太?谢谢?(?:你|您|啦|了|哈|团长|群主)*|多谢|感谢|辛苦(?:你|您|啦|了)*|谢+|3q|thx|ty|thanks?(?: (?:you|a lot|so much))*|cheers)`)},
	{TopicFine, whole(`好+的?|好[吧呀啊嘞咧滴哒哦]|嗯+|恩+|哦+|噢+|收到|知道[了啦]?|明白[了啦]?|了解|行+[吧啊]?|可以的?|没事[了儿]?|没问题|不用了?|ok+|okay|kk?|fine|sure|great|cool|alright|got it|never mind|no problem|np|👌+|👍+|🙏+|😊+|😄+|🌹+`)},
	{TopicOrders, regexp.MustCompile(`我.{0,4}(?:订|定|买|下|拍|报|跟|要).{0,3}(?:了?(?:什么|啥|几|多少)|[了上]?[吗没])|我的(?:单|订单|团)|退款.{0,6}(?:到|多久|什么时候|何时|几时|没|在哪|进度)|钱.{0,4}(?:退了没|退了吗|没退|什么时候退|退到)|订单.{0,4}(?:状态|成功|怎么样)|(?:what|how many).{0,12} (?:i|did i) (?:order|buy|get)|did i (?:order|join)|my refund|refund.{0,20}(?:yet|when|arrive|where)|where.{0,10}refund`)},
	{TopicLeaving, regexp.MustCompile(`(?:能|可以|可|怎么|如何|咋|想|要)不?.{0,4}(?:退|取消|反悔|撤)|退(?:货|款|单|团|订|钱)|不想要了?|买错|拍错|订错|下错|点错|(?:can|how|want|like|may).{0,20}(?:cancel|refund|leave|get out|return)|refunds?|money back|changed my mind`)},
	{TopicPaying, regexp.MustCompile(`(?:怎么|如何|咋|哪里|哪儿|在哪|什么时候|啥时候|何时|现在|要不要|用不用|需要|能|可以|先).{0,4}(?:付|给钱|交钱|转账|转钱|打钱|收钱|收款)|付(?:款|钱|费)|支付|转给谁|微信付|支付宝|货到付|收款码|(?:how|where|when|must|do|can|should).{0,16}\bpay|payment|pay (?:now|later|cash)|cash`)},
	{TopicClosing, regexp.MustCompile(`截[止单团]|结束|收单|封单|关团|(?:到|几点|什么时候|啥时候|最晚|最迟|多晚).{0,4}(?:截|为止|之前|前|停)|还(?:能|可以|来得及|赶得上).{0,6}(?:跟|参|订|定|买|下|拍|报|团|接|要|吗|么)|来得及|晚不晚|迟不迟|deadline|clos(?:e|es|ing)|cut.?off|until when|too late|still (?:join|order|open)|last (?:minute|call)|how long.{0,12}(?:open|left)`)},
	{TopicPrice, regexp.MustCompile(`多少(?:钱|元|块|米)|几(?:块|元|钱|多钱)|(?:怎么|咋)卖|价[格钱位目]|单价|什么价|啥价|贵不贵|便宜|优惠|打折|how much|price|cost|discount|cheap|expensive`)},
	{TopicDeals, regexp.MustCompile(`(?:有|开)(?:什么|啥|哪些|几个).{0,3}(?:团|卖|货|好吃|东西|新)|(?:什么|啥|哪些)团|(?:在|能)(?:团|卖|买)(?:什么|啥|哪些)|(?:今天|现在|最近|这周|还有).{0,3}(?:有|开)?.{0,2}(?:团|别的|其他|新的)|有团[吗么]|团购(?:列表|情况|有)|别的团|其他团|what.{0,6}(?:on|deals|available|selling|sale)|any (?:deals?|offers?)|other deals?|list of deals`)},
	{TopicPickup, regexp.MustCompile(`(?:什么时候|啥时候|几时|何时|哪天|多久|几号|周几|星期几|几点).{0,6}(?:到|取|拿|领|提|发|送|收|货|能|有)|(?:什么时候|啥时候|何时|哪天|多久)$|到货|货到|到了[吗没]|[到发]了没|发货|送货|送到|配送|送上门|包邮|快递|自提|取货|提货|取件|领货|拿货|(?:哪里|哪儿|在哪|去哪|到哪|哪个地方).{0,3}(?:取|拿|领|提)|(?:在哪[里儿]?|哪[里儿]|去哪[里儿]?)[呢啊呀]?[?]?$|(?:怎么|咋|如何)(?:取|拿|领|提)|地址|地点|位置|在哪[里儿]?$|when.{0,24}(?:arriv|come|collect|pick|deliver|get|ship|ready|here)|where.{0,24}(?:pick|collect|get|come|go|place)|^where(?: is it)?[?]?$|pick.?up|deliver|arriv|shipping|address|location`)},
	{TopicLeft, regexp.MustCompile(`还有[吗么没货]|有没有货|有货|现货|还剩|剩(?:多少|几)|库存|卖(?:完|光)|抢(?:完|光)|没货|还差|差(?:多少|几)|够[了不]|成(?:团)?了[吗没]|能成|成团[吗么没]|多少人|几个人|几人|多少份了|in stock|any.{0,12}left|sold out|how many.{0,16}(?:left|so far|joined|people)|how far|enough|is it on`)},
	{TopicLeader, regexp.MustCompile(`(?:团长|群主|老板).{0,4}(?:是谁|在吗|在哪|电话|微信|联系|呢)|谁是(?:团长|群主|老板)|(?:联系|找|叫|问)(?:一下)?(?:团长|群主|老板|人工|客服|真人)|人工|客服|真人|投诉|who.{0,10}(?:leader|runs|organi)|human|real person|complain|contact`)},
}

// whole matches words that stand for themselves, with signs of the mood around them.
func whole(words string) *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + words + `)[~!.,?啊呀哈呢啦哟哦 🙏🌹😊👍😄]*$`)
}

// asksAtAll finds the signs of a question.
var asksAtAll = regexp.MustCompile(`[?]|[吗么呢嘛没]$|怎么|什么|为啥|啥|哪|几|多少|是不是|有没有|能不能|可不可以|会不会|谁|多久|^(?:what|when|where|who|why|how|which|is|are|do|does|did|can|could|will|would|should|may)\b`)

// asksWhether finds a question that yes or no would answer.
var asksWhether = regexp.MustCompile(`[?]|[吗么嘛没不]$|^(?:请问)?(?:能|可以|可不可以|能不能)|^(?:can|could|may|is it|am i|do i|should i)\b`)

// IsQuestion reports whether a text asks for leave rather than telling: 能退吗, can I cancel.
func IsQuestion(text string) bool {
	return asksWhether.MatchString(strings.TrimRight(strings.TrimSpace(Fold(text)), "~!.。…🙏 "))
}

// Asks returns what a text asks about. It decides nothing but which fact is told, so it may be generous; it must be used only
// for what was said to the bot and is no order. It runs in time linear in the text.
func Asks(text string) Topic {
	text = strings.TrimSpace(strings.ReplaceAll(Fold(text), "请问", ""))
	if text == "" || len(text) > 600 {
		return TopicNone
	}
	for _, t := range topics {
		if t.words.MatchString(text) {
			return t.topic
		}
	}
	if asksAtAll.MatchString(text) {
		return TopicOther
	}
	return TopicNone
}
