package words

import (
	"slices"
	"strings"
	"sync"
)

// token is what a word of the little language does.
type token int

const (
	noToken    token = iota
	lead             // 来, 我要: an order follows
	leadOne          // 来个: one of what follows
	alone            // 报名: a whole order by itself
	more             // 再来
	moreAfter        // one more
	set              // 改成
	less             // 少
	lessAfter        // one less
	leave            // 不要了
	leaveItem        // cancel the …: an item must follow
	self             // 我家
	forWord          // 帮
	forEnglish       // for
	each             // 各
	every            // 每样
	both             // 都, after several
	and
	polite
	please // polite that asks for something
	asking // 吗
	possessive
	before  // 住: a home must follow
	noteTag // 备注
	was     // 原来: a quantity that is no more
	aside   // 放门口: a note without brackets
	measure

	// What was read last, where that is no phrase.
	gotItem
	gotNumber
	gotUnit
	gotName
	gotHome
	gotSign
	gotStrange
)

func lex(rows map[token]string) lexicon {
	l := lexicon{}
	for kind, row := range rows {
		for w := range strings.SplitSeq(row, "|") {
			word := []rune(w)
			l[word[0]] = append(l[word[0]], entry{word: word, kind: kind})
		}
	}
	for _, entries := range l {
		slices.SortFunc(entries, func(a, b entry) int { return len(b.word) - len(a.word) })
	}
	return l
}

// phrases are the words of ordering in both languages.
var phrases = sync.OnceValue(func() lexicon {
	return lex(map[token]string{
		lead: "记|i'd like to order|i would like to order|i'd love to order|i want to order|we'd like to order|i'd like to get|i'd like to add|we'll go for|" +
			"just put me down for|嚟|我嚟|俾我留|畀我留|记下|记一下|gimme|put me down for|put us down for|登记|要买|购买|认购|定购|预购|想来|想拿|拍|拍下|记我|给记|" +
			"记上|写我|写上|算上|带上|捎上|端|抱|扛|提|只要|只来|只订|就订|一共要|总共要|共要|合计要|认领|凑|跟单|接单|来上|帮留|帮订|求留|预留|给留|收|请留|请订|" +
			"麻烦留|麻烦订|麻烦来|分我|匀我|i'll grab|grab|i'd take|i'd love|we'd love|save me|save us|reserve|book|get|i'll order|we'll order|order me|please add|" +
			"in for|i'm in for|down for|mark me down for|mark me for|count me in for|note me for|i'll go for|go for|sign me up for|put me in for|i'll need|we'll need|" +
			"keep me|" +
			"来|要|我要|我来|我订|我跟|我接|订|定|跟|拼|拼团|报|预定|预订|订购|下单|购|买|拿|整|搞|入|想要|想买|想订|需要|留|带|囤|弄|捎|安排|算|加|抢|冲|团|接|点|" +
			"i'll take|i will take|ill take|i'll have|i'll get|i'd like|i would like|id like|i want|i need|we want|we need|we'd like|we'll take|we'll have|put me down|put us down|put|" +
			"add me|add|order|get me|give me|want|take",
		leadOne: "来个|要个|整个|搞个|拿个|订个|买个|加个",
		alone: "算我一个|加我一个|带我一个|算上我一个|带上我|算我一个吧|加我一个吧|" +
			"报名|报个名|参团|跟团|我跟团|我报名|接龙|参加|我参加|上车|加入|我加入|count me in|count us in|count me|i'm in|im in|we're in|i am in|sign me up|sign us up|join|" +
			"i'll join",
		more: "多|再给我来|多留|多带|多买|多报|多算|多给|再给我加|再给我留|再帮我加|再帮我来|再帮我留|再帮我带|再补|补|加上|另外再加|另外加|额外加|多给我|多给我留|又要|" +
			"另要|再添加|再增加|增加|添加|再算我|one more of|i'd like another|i'll take another|i'll have another|can't resist another|" +
			"再来|再要|再加|再订|再拿|再买|再带|再留|再报|再跟|再多|再|多来|多要|多加|多订|多拿|追加|另加|加多|还要|再添|添|再给我|add another|another|again add|plus another",
		moreAfter: "more|extra",
		set: "make the|make my|change the|调整为|调成|调到|调整到|调整成|变更为|减到|减为|减成|降到|减少到|加到|增加到|增到|改要|改订|改拿|改来|更正为|更正成|补到|凑到|" +
			"actually make it|switch to|update to|update mine to|bring it to|reduce to|reduce mine to|increase to|increase mine to|i meant|mine should be|set mine to|" +
			"change my|" +
			"改成|改为|改到|改|换成|变成|更改为|修改为|改下|改一下|修改成|改回|make it|make that|make mine|change to|change it to|change mine to|change my order to|change that to|change ours to|" +
			"change",
		less: "退订|少给我|扣掉|撤掉|退我|减我|少算|少算我|take off|reduce by|" +
			"少|少要|少来|少拿|少订|少买|减|减少|减掉|减去|去掉|退掉|退|minus",
		lessAfter: "less|fewer",
		leave: "别要了|别给我了|别留了|别算我|别算我了|别订了|不留了|别给我留了|" +
			"i'd like to cancel my order|i'd like to cancel|i would like to cancel|i want to cancel|i need to cancel|need to cancel|have to cancel|i have to cancel|" +
			"gotta cancel|take me off the list|please take me off the list|remove me from the list|drop me from the list|唔要喇|唔要啦|唔要了|唔使喇|唔订喇|唔跟喇|" +
			"全退了|都退了|全退掉|全部退掉|全取消|全部取消|都取消|都不要了|全不要了|全部不要了|退订了|弃了|放弃|退掉吧|取消掉|取消下|取消一下|取消吧|不拿了|不定了|" +
			"不想要了|先取消|不需要了|退单|撤单|不要订了|不用了|不用订了|不用留了|取消登记|取消预订|取消预定|please cancel|withdraw|pull me out|skip me|i'll pass|" +
			"i will pass|pass on mine|scratch mine|delete mine|forget mine|cancel that|cancel everything|" +
			"不要了|不要啦|退了|退团|退出|退出接龙|取消|取消订单|取消报名|取消接龙|取消了吧|不接了|不参加了|不跟了|不订了|不买了|不拼了|不报了|不参团了|撤了|" +
			"cancel|cancel mine|cancel my order|cancel ours|cancel it|count me out|count us out|i'm out|im out|take me off|take me out|drop me|drop out|remove me|leave|" +
			"drop mine|remove mine|i don't want it anymore",
		leaveItem: "take off the|take off my|take out the|scratch the|skip the|leave out the|cancel the|drop the|remove the|drop|remove",
		self: "俾我|畀我|俾我地|我哋|我地|我屋企|屋企|我们部门|我们单位|我们公司|我们办公室|我们组|我们科室|我们班|我们寝室|我们宿舍|我们店|我们店里|我店里|我部门|我单位|" +
			"我公司|our team|our office|my office|our department|刚才的|刚刚的|之前的|前面的|刚订的|刚才订的|我刚订的|之前订的|我之前订的|我上面的|上面的|我那箱|我那盒|" +
			"我那袋|我那瓶|我那件|我那提|我那包|我那桶|我那几箱|我那几份|阿拉|阿拉家|阿拉屋里|屋里|吾|刚才那个|刚刚那个|之前那个|我屋|我司|我家里|家里|本户|咱们家|俺们|" +
			"俺们家|我自家|我个人|我们两个|我俩|我这里|给咱家|给咱|为我家|我家也|我那个|我之前的|我刚才的|我刚刚的|我订的|我要的|我报的|my family|our family|myself|" +
			"my place|our place|our household|my household|and me|" +
			"我|我家|我们|我们家|俺|俺家|咱|咱家|咱们|本人|自己|我自己|我自己要|自家|给我|帮我|替我|为我|给我们|帮我们|给我家|帮我家|给俺|给自己|我的|我的订单|我的单|" +
			"我的接龙|我那份|我的那份|我那单|我的那单|我这单|我家的|我们的|我这边|" +
			"for me|for us|for myself|from me|for mine|for my family|for our family|for our house|me|mine|us|ours|my order|i",
		forWord:    "帮|替|给|代|为|帮忙给|帮忙替|代购|代订|代买|帮着",
		forEnglish: "for",
		each:       "各|各自|分别|each",
		every: "全部|全部都|样样|各样|每个都|每一种|每一样|一样来|" +
			"每样|每种|每款|每个品种|每样各|每种各|each of them|one of each",
		both: "都|全都|全",
		and:  "同|同埋|to|into|和|与|以及|还有|外加|另外|and|&|plus|then",
		polite: "在不|在不在|在不啊|在么|急|急用|急需|加急|那个啥|那啥|thanks so much|thank you very much|thanks very much|thanks again|thanks heaps|thanks all|" +
			"thanks everyone|hi there|hello there|hey there|hi all|hi everyone|hello everyone|hi guys|hey guys|morning all|happy to|no worries|多谢晒|唔好意思|得闲|" +
			"然后|接着|顺便再|ta|cheers mate|呗|嘞|咧|噻|撒|哇|捏|鸭|惹|叭|again|刚说的|刚才说的|前面说的|尝尝|尝尝鲜|尝一尝|尝一下|试试|试吃|试一下|喂|侬好|谢谢侬|" +
			"谢谢噢|谢谢哦|冲冲冲|冲鸭|hhh|hhhh|hhhhh|哈哈哈哈|嘻嘻|嘿嘿嘿|haha|hahaha|lol|same here|团主|店长|管家|楼长|老师|美女|帅哥|宝子|亲爱的|大佬|靓女|靓仔|" +
			"对不起|打扰|打扰了|劳驾|唔该|唔该晒|多谢晒|把|将|哎呀|真是|拜谢|么么|您好呀|你好呀|嗨嗨|团长大人|团长好|团长您好|群主好|老板好|辛苦各位|费心|费心了|受累|" +
			"有劳|有劳了|actually|can you please|good morning|good evening|dear|guys|everyone|all|would be great|if possible|much appreciated|appreciated|appreciate it|" +
			"谢谢|谢啦|谢了|谢谢啦|谢谢了|谢谢您|谢谢你|多谢|感谢|感恩|辛苦|辛苦了|辛苦啦|您辛苦|辛苦您|辛苦你|辛苦团长|谢|麻烦|麻烦了|麻烦您|麻烦你|劳烦|团长|群主|老板|老板娘|掌柜|店家|店主|" +
			"亲|哈|哈哈|哈哈哈|呵呵|嘿|嘿嘿|啊|哦|噢|喔|呀|啦|哟|呐|嗯|嗯嗯|嗯呢|额|呃|那个|这个|好|好的|好滴|好嘞|好哒|好呀|行|那|那就|那我|就|先|吧|咯|喽|滴|嘛|你好|您好|大家好|请|不好意思|" +
			"抱歉|拜托|对|也|顺便|直接|在吗|ok|okay|hi|hello|hey|thanks|thank you|thx|ty|cheers|the|of|too|also|sorry|thanks a lot|thank you so much|many thanks|yes|yeah|yep|me too|" +
			"as well|just|all right|portions of|哒|么么哒|早|早上好|下午好|晚上好|算了|还是|帮忙|一下|好吧|now|instead|my|anymore|嗨|哎|诶|欸",
		please: "please|pls|plz|please!|kindly",
		asking: "can u|请问|请教|咨询|是不是|是否|能不能给|could you|would you|are there|is there|do you have|" +
			"吗|么|?|能|能不能|能否|可以|可不可以|可否|还能|还可以|有没有|行不行|行吗|好吗|可以吗|方便|呢|can i get|can i have|can i|could i get|could i have|may i have|can we get|can you|is it|any",
		possessive: "的|那份|的那份",
		before:     "她住|他住|她家住|他家住|她家在|他家在|她住在|他住在|她们住|他们住|东区|西区|南区|北区|一期|二期|三期|四期|住|住在|我住|我家住|我是|我在|我们是|送到|放|放到|送|在|地址|地址是|家在|本人住|送货到|配送到|deliver to|at|i live in|we are in|address",
		was:        "原来|原先|本来|从|原本",
		aside: "放门口|放门口就行|放门口即可|放门卫|放门卫室|放楼下|放快递柜|放驿站|放物业|放前台|放保安室|放岗亭|送上门|送到家|送到门口|送货上门|自提|我自提|自己提|" +
			"自己来拿|自己来取|挂门上|挂门把手|leave at the door|leave at door|leave at my door|leave outside|leave it outside|leave by the door|leave them at the door|" +
			"leave it at my door|leave in the lobby|leave at reception|门卫代收|放门卫那|放保安那|放电梯口|放大厅|放大堂|放架子上|放鞋柜上|放鞋柜|放车库|放门外|放门边|" +
			"送到门卫|送门卫|送货上门谢谢|送到楼下|送楼下|leave it at the door|leave with the guard|will pick up|self pickup|i will pick up|i'll pick up",
		noteTag: "备注|注|附言|说明|note|remark|ps",
	})
})

// phraseAt is the longest phrase at i.
func phraseAt(s []rune, i int) (token, int) {
	if i >= len(s) {
		return noToken, 0
	}
	return phrases().longest(s, i)
}

// units are what goods are counted in, to the name that compares them.
var units = sync.OnceValue(func() lexicon {
	return lex(map[token]string{measure: "升|毫升|l|份|个|箱|盒|斤|公斤|千克|市斤|克|袋|瓶|件|只|包|组|套|桶|筐|提|条|双|对|枚|串|捆|篮|罐|板|碗|棵|束|颗|粒|朵|根|把|支|盆|单|杯|听|卷|块|两|分|扎|" +
		"尾|头|片|框|" +
		"屉|笼|坛|壶|排|株|张|礼盒|大箱|小箱|大盒|小盒|整箱|大袋|小袋|kg|g|ml|lb|lbs|pounds|pound|shares|share|portions|portion|boxes|box|bags|bag|packs|pack|" +
		"packets|packet|pcs|pc|pieces|piece|orders|order|boxs|boxe|bottels|bottel|liters|liter|litres|litre|trays|tray|bottles|bottle|" +
		"sacks|sack|pints|pint|pots|pot|sticks|stick|slabs|slab|wheels|wheel|bouquets|bouquet|stems|stem|sachets|sachet|rounds|round|wedges|wedge|blocks|block|" +
		"joints|joint|hampers|hamper|baskets|basket|buckets|bucket|" +
		"顶|床|坨|管|幅|册|辆|台|部|团|贴|匹|瓣|节|cartons|carton|bunches|bunch|sets|set|jars|jar|cans|can|dozens|kilos|kilo|punnets|punnet|cases|case|tubs|tub|" +
		"rolls|roll|loaves|loaf|heads|head|bars|bar|tins|tin|cups|cup|jugs|jug|crates|crate|tubes|tube"})
})

// sameUnit folds units that mean the same.
var sameUnit = map[string]string{
	"市斤": "斤", "千克": "公斤", "kg": "公斤", "kilo": "公斤", "kilos": "公斤", "g": "克", "件": "份", "单": "份", "share": "份", "shares": "份", "portion": "份", "portions": "份", "order": "份",
	"orders": "份", "boxes": "box", "boxs": "box", "boxe": "box", "bottels": "瓶", "bottel": "瓶", "liters": "升", "l": "升", "毫升": "ml", "liter": "升", "litres": "升", "litre": "升",
	"bags": "bag", "packs": "pack", "packet": "pack", "packets": "pack", "pcs": "个", "pc": "个", "piece": "个", "pieces": "个", "trays": "tray",
	"bottles": "瓶", "bottle": "瓶", "cartons": "carton", "bunches": "bunch", "sets": "套", "set": "套", "jars": "罐", "jar": "罐", "cans": "听", "can": "听", "lbs": "lb", "pound": "lb",
	"pounds": "lb", "cases": "箱", "case": "箱", "punnets": "punnet", "tubs": "tub", "rolls": "roll", "loaves": "loaf", "heads": "head", "bars": "bar", "tins": "听", "tin": "听",
	"cups": "杯", "cup": "杯", "jugs": "jug", "crates": "箱", "crate": "箱", "tubes": "支", "tube": "支", "筐": "框", "整箱": "箱", "扎": "捆",
}

// englishUnit are the Chinese units that an English one may stand for.
var englishUnit = map[string]string{"box": "箱盒", "bag": "袋包", "pack": "包盒袋组提", "tray": "板", "carton": "箱盒提", "bunch": "束把串捆", "punnet": "盒"}

// weights are units that measure and do not count.
var weights = map[string]bool{"斤": true, "公斤": true, "克": true, "两": true, "lb": true, "ml": true, "升": true}

// pieces are units of single things inside a box.
var pieces = map[string]bool{"个": true, "只": true, "枚": true, "颗": true, "粒": true, "条": true, "根": true, "朵": true, "片": true, "双": true, "对": true, "张": true, "头": true, "尾": true, "块": true}

// stickers are the names of pictures that chats write in brackets.
var stickers = sync.OnceValue(func() lexicon {
	return lex(map[token]string{polite: "玫瑰|强|抱拳|微笑|呲牙|ok|拥抱|爱心|合十|鼓掌|偷笑|愉快|机智|耶|嘿哈|捂脸|奸笑|握手|胜利|太阳|咖啡|庆祝|礼物|红包|加油|让我看看|呲牙笑|大笑|可爱|色|馋|" +
		"流泪|憨笑|发|福|烟花|爆竹|点赞|赞|666|旺柴|好的|谢谢|比心|跳跳|亲亲|害羞|得意|嘴唇|加油加油|吃瓜|社会社会|勾引|拳头"})
})

// relations are people who are named by what they are to us, after 我 or 帮.
const relations = "娘|爹|老妈|老爸|老伴|妈妈|爸爸|妈|爸|爸妈|父母|婆婆|公公|公婆|老公|老婆|媳妇|奶奶|爷爷|外婆|外公|姥姥|姥爷|姐姐|姐|姐夫|哥哥|哥|弟弟|弟|弟媳|妹妹|妹|妹夫|" +
	"大姨|小姨|二姨|姨妈|姨|舅舅|舅妈|舅|大舅|小舅|姑姑|姑妈|姑|叔叔|叔|婶婶|" +
	"嫂子|大嫂|嫂|岳母|岳父|丈母娘|老丈人|女儿|儿子|闺女|女婿|儿媳|孙子|孙女|同事|朋友|闺蜜|邻居|对象|女朋友|男朋友|女友|男友|室友|舍友|家老人|家里老人|单位|" +
	"办公室|对门|隔壁|楼上|楼下|老师|师傅|同学|领导|老板|房东|亲家|干妈|表姐|表哥|" +
	"表妹|表弟|堂姐|堂哥|侄女|侄子|外甥|母亲|父亲|太太|先生|宝宝|家人|亲戚|保姆|阿姨"

// kin is relations as a lexicon.
var kin = sync.OnceValue(func() lexicon {
	return lex(map[token]string{self: relations})
})

// kinAfterFor are such words after 帮 and 给, where "我" is not needed.
var kinAfterFor = sync.OnceValue(func() lexicon {
	return lex(map[token]string{self: relations + "|对门邻居|隔壁邻居|楼上邻居|楼下邻居|孩子|" +
		"my mum|my mom|my mother|my dad|my father|my wife|my husband|my sister|my brother|my friend|my neighbour|my neighbor|my son|my daughter|my aunt|my uncle|" +
		"my grandma|my grandpa|my parents|my boss|my colleague|" +
		"my flatmate|my roommate|mum|mom|dad|grandma|grandpa|next door|a friend|a neighbour|a neighbor"})
})

const (
	// titles end a name: 王姐, 李老师.
	titles = "阿姨|大姐|大哥|大妈|大爷|大叔|大婶|大嫂|老师|师傅|医生|大夫|奶奶|爷爷|叔叔|伯伯|婆婆|妈妈|爸爸|姐姐|哥哥|妹妹|弟弟|女士|先生|小姐|经理|主任|老板|姐|哥|弟|" +
		"妹|叔|婶|姨|嫂|伯|总|工|奶|爷|妈|爸"
	// ranks and surnames may stand before a title.
	ranks    = "大二三四五六七八小老"
	surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边"
	// notNames begin like a name and are none.
	notNames = "车厘|高兴|周末|周日|周一|周二|周三|周四|周五|周六|方便|方案|安静|安全|安排|安心|成功|成团|成本|成人|金额|许愿|许多|任何|任务|万一|时间|时候|平安|常来|程度|" +
		"包装|包邮|包子|江湖|白天|白菜|白糖|温馨|于是|叶子|向前|路过|牛肉|牛奶|马上|" +
		"马路|石榴|黄瓜|黄桃|黄豆|金桔|金瓜|毛豆|花菜|姜片|葛根|苗条|强烈|单人|单买|单价|单独|单身|陈醋|文明|文件|文章|边上|关注|关门|华为|车位|车票|车子|解决|房子|" +
		"房间|童车|童装|盛开|项目|管理|向上|左边|辛苦|武汉|钱包|钱呢|雷雨|万能|龙虾|孔雀|" +
		"田鸡|钟点|夏天|蔡徐|苏打|苏州|宋朝|罗非|胡萝|胡椒|孙子|徐州|林业|马蹄|高价|高铁|何时|何必|张嘴|张口|李子|杨梅|杨桃|曹县|唐山|董事|于情|梁山|郑州|韩国|冯唐|" +
		"许久|曾经|贾宝|余额|余下|杜绝|戴上|任意|范围|石头|谷物|甘蔗|甘薯|甘蓝|桂圆|桂花|" +
		"景区|游泳|游戏|成交|欧洲|关系|纪念|费用|凌晨|苗木|卜卦|祝福|祝贺|庄稼|莫名|梅花|齐活|岳父|路上|柳州|向日|丛林|毕业|申请|伍佰|鲁莽|章鱼|季节|芦笋|温度|牛油|" +
		"倪虹|颜值|安装|翟天|洪水|陶瓷|施工|殷勤|兰花|樊登|庞大|文具|龚琳|赖皮|贺卡|乔丹|" +
		"武功|常用|常温|易拉|黎明|尹正|汤圆|汤底|钱够|段子|万元|龙眼|孟婆|邵阳|侯门|顾客|史上|江米|秦岭|邱比|毛巾|毛线|康师|崔永|白酒|白酱|孔明|郝运|陆续|金针|熊猫|" +
		"邹平|廖化|谭木|姚明|方糖|方块|范本|姜汤|姜茶|任性|田园|汪汪|钟表|夏威|戴森|杜蕾|" +
		"潘婷|余生|阎王|叶菜|薛之|魏晋|丁丁|贾府|蔡文|蒋委|卢布|苏叶|吕布|彭湃|曾几|沈阳|傅粉|许可|邓小|袁隆|曹操|程序|萧条|董卓|于今|冯巩|唐朝|韩式|谢意|郑重|宋代|" +
		"梁柱|罗汉|马桶|郭德|何况|林林|高端|高峰|朱古|胡说|孙悟|徐徐|吴郭|周到|周围|周年|周边|黄牛|黄油|赵州|杨枝|陈皮|陈列|刘海|张罗|李宁|王炸|王者|小区|小时|小孩|" +
		"小心|小姐|老人|老家|老公|老婆|小盒|小箱|小袋"
)

var (
	nameTitles = sync.OnceValue(func() lexicon {
		return lex(map[token]string{self: titles})
	})
	noNames = sync.OnceValue(func() lexicon {
		return lex(map[token]string{self: notNames})
	})
)

// pictures are goods that people draw instead of naming.
var pictures = map[rune]string{
	'🌹': "玫瑰|rose", '🍦': "甜筒|冰|ice", '🍧': "沙冰|冰沙", '🧋': "奶茶|奶绿", '🦞': "龙虾|lobster", '🥜': "花生|peanut", '🍠': "红薯|地瓜|番薯|蜜薯", '🍄': "菇|菌",
	'🧅': "洋葱|onion", '🧄': "蒜|garlic", '🥦': "西兰花|花菜|broccoli", '🧀': "奶酪|芝士|cheese", '🧈': "黄油|butter", '🥐': "可颂|牛角|croissant", '🥯': "贝果|bagel",
	'🥖': "法棍|baguette", '🥓': "培根|bacon", '🥑': "牛油果|avocado", '🍈': "哈密瓜|甜瓜|melon", '🌰': "栗|chestnut", '🦆': "鸭|duck", '🐓': "鸡|chicken", '🐑': "羊|lamb",
	'🍵': "茶|tea", '☕': "咖啡|coffee", '🧃': "果汁|橙汁|juice", '🥮': "月饼|mooncake", '🍪': "饼干|曲奇|cookie", '🍫': "巧克力|chocolate", '🌶': "辣椒|pepper", '🍜': "面|noodle",
	'🍤': "虾|prawn|shrimp", '🦑': "鱿鱼|squid", '🐙': "章鱼|octopus", '🦪': "生蚝|牡蛎|oyster", '💐': "花束|鲜花|bouquet", '🍶': "酒", '🍷': "红酒|葡萄酒|wine", '🍺': "啤酒|beer",
	'🧼': "皂|soap", '🪥': "牙刷|toothbrush", '🥗': "沙拉|salad", '🍕': "披萨|pizza", '🌭': "热狗|烤肠", '🍣': "寿司|sushi", '🍖': "排骨|肉", '🫒': "橄榄|olive", '🫘': "豆|bean",
	'🌷': "郁金香|tulip", '🌻': "向日葵|sunflower", '🍇': "葡萄|提子|玫瑰|grape", '🍓': "草莓|strawberr", '🥚': "蛋|egg", '🫐': "蓝莓|blueberr", '🍒': "樱桃|车厘子|cherr",
	'🍑': "桃|peach", '🍎': "苹果|apple", '🍊': "橘|桔|橙|柑|orange",
	'🍉': "西瓜|melon", '🥛': "奶|milk", '🦐': "虾|shrimp|prawn", '🐟': "鱼|fish", '🥬': "菜|cabbage|lettuce", '🍚': "米|rice", '🍞': "面包|吐司|bread", '🥟': "饺|dumpling", '🍰': "蛋糕|cake",
	'🥔': "土豆|potato", '🍅': "番茄|西红柿|tomato", '🌽': "玉米|corn", '🥭': "芒果|mango", '🍌': "香蕉|banana", '🍍': "菠萝|凤梨|pineapple", '🍋': "柠檬|lemon", '🥝': "猕猴桃|奇异果|kiwi",
	'🦀': "蟹|crab", '🍐': "梨|pear", '🥩': "牛肉|肉|beef|steak", '🐔': "鸡|chicken", '🍗': "鸡|chicken", '🧻': "纸|paper", '🍯': "蜂蜜|honey", '🥥': "椰|coconut",
	'🥒': "黄瓜|cucumber", '🥕': "胡萝卜|carrot",
}

// nouns are single characters that may stand for an item that ends in them.
const nouns = "粥糕土蜜虾鱼蛋肉米油奶饼茶酒枣梨桃橙瓜蟹鸡鸭鹅菇笋枪豆姜蒜葱藕柚橘桔柑粽酱醋糖盐面粉纸梅杏李柿芒莓"

// wares are characters of goods, which stand in no name: 马铃薯, 黄豆.
const wares = nouns + "子交印拿取发收买卖吃喝看写做修薯果菜肉饭饺馒包馅丝条块粒糕酥饮料水酪汁汤锅粥罐椒葵芹茄芋菌耳栗仁核花草树苗盆袋巾布衣裤鞋帽袜皂液膏刷垃圾电器机灯线架柜桌椅床垫毯被枕伞表书笔本券卡票房车位"
