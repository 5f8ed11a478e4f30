package adverts

import "regexp"

const cash = `[¥$]?\s*(\d{1,7}(?:\.\d{1,2})?)\s*(?:元|块钱|块|yuan|rmb)?`

// The marks of each field. What a field has explained is cut out of the text; what is left over is the title.
var (
	postRangeTag  = regexp.MustCompile(`(?i)(?:取货时间|自提时间|时间|pick[- ]?up time)[:\s]*`)
	postOpens     = regexp.MustCompile(`(?i)^\s*(?:开始接龙|开始|起|开抢)|^\s*start`)
	postDeadTag   = regexp.MustCompile(`(?i)(?:cut-?off|截止到|截止时间|截止|截单|截团|截至|deadline|(?:orders?\s+)?closes?(?:\s+at)?|closing|until|order by|ends?(?:\s+at)?|by)[:\s]*$`)
	postDeadAfter = regexp.MustCompile(`(?i)^\s*(?:截止|截单|截团|关团|截至|截龙|截|前(?:下单|报名|接龙|报数|预订|订)?|结束|有效|deadline|cut-?off)`)
	postPlaceTag  = regexp.MustCompile(`(?i)(?:自提点|自提地点|取货地点|取货点|自提|取货|提货|地点|地址|pick[- ]?up(?: point| at)?|collect at|place)[:\s]+([^\n,;\x00]+?)\s*(?:[\n,;\x00]|$)`)
	postPlace     = regexp.MustCompile(`([^\s\n,;\x00]*(?:[\p{Han}\d]号楼)?[^\s\n,;\x00]+?)\s*(?:自提|取货|提货)`)
	postKindTeam  = regexp.MustCompile(`(?i)(\d{1,3}|[二两三四五六七八九十]+)\s*人\s*(?:拼团|拼|小团|团)|team(?:s)? of (\d{1,3})`)
	postTTL       = regexp.MustCompile(`(?i)(?:每团|每个团|团长开团后|成团限时|each team|per team)[:\s]*(?:限时)?\s*(` + whenSpanText + `)`)
	postThreshold = regexp.MustCompile(`(?i)(?:(?:once|when|as soon as|if) (?:we are|we have|we get|we reach|there are) |凑满?|满|够|起订量?|起团|成团[: ]|成团[数量][: ]*|至少|最少|min(?:imum)?|at least|needs?)[: ]*¥?(\d{1,9}(?:\.\d{1,2})?) *(` + countUnit + `)(?: *(?:成团|起团|起送|起|就发|开团|发车))?|¥?(\d{1,9}(?:\.\d{1,2})?) *(` + countUnit + `) *(?:成团|起团|起送|起订|起发|就发|minimum)|(\d{1,9}) *(份|人|元|箱|盒)起`)
	postCap       = regexp.MustCompile(`(?i)(?:上限|封顶|最多|总共|cap|max(?:imum)?)[:\s]*(\d{1,7})\s*(` + countUnit + `)`)
	postStock     = regexp.MustCompile(`(?i)(?:库存|剩余|余量|还剩|现货|限量|共有|只有|仅有|仅剩|stock)[:\s]*(\d{1,7})\s*(?:` + countUnit + `)?`)
	postHouse     = regexp.MustCompile(`(?i)(?:每户|一户|每家)\s*(?:限购|最多|限)?[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|(\d{1,5}) per household`)
	postLimit     = regexp.MustCompile(`(?i)(?:每人|一人|人均)\s*(?:限购|最多|限)?[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|限购[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|(\d{1,5}) per person|limit (\d{1,5})(?: each)?`)
	postAtJoin    = regexp.MustCompile(`(?i)先付款?|先款后货|款到发货|付款参团|参团付款|报名付款|pay (?:first|at join|when joining|now)`)
	postAfter     = regexp.MustCompile(`(?i)成团后?再?付款?|成团后付|后付款?|pay (?:later|after|when formed|when it'?s on)`)
	postOffline   = regexp.MustCompile(`(?i)线下付?款?|到付|货到付款|现金|自行付款|私下付|offline|cash|pay (?:me|the leader)`)
	postSolo      = regexp.MustCompile(`(?i)(?:单买价?|单独买|原售价|原价|定价|市场价|市价|门市价|专柜价|官网价|商超价?|划线价|(?:旗舰店|实体店|门店|店里|平台|商场|超市|市场|专柜|官网|外面|网上|别处)(?:里|上|都)?(?:价|卖|售价?|要卖?)|超市价?|超市卖|平时|日常价|日常|门店价|零售价|零售|官方价|官方|(?:专柜|官网|山姆|盒马|京东|淘宝|costco)(?:里|上)?|单价|solo|alone|regular(?: price)?|usual(?:ly)?|normally|was|rrp|list price|shop price|in (?:the )?shops?)[:\s]*` + cash + perUnit)
	postSupply    = regexp.MustCompile(`(?i)(?:供货价|进价|成本价?|supply(?: price)?)[:\s]*` + cash)
	postMerchant  = regexp.MustCompile(`(?i)(?:商家|供货商|供应商|merchant|supplier)[:\s]*([^\s,;\n\x00]+)`)
	postSpec      = regexp.MustCompile(`(?i)(?:规格|spec)[:\s]*([^\s,;\n\x00]+)`)
	postWeight    = regexp.MustCompile(`(?i)(?:净重|毛重|约|每[箱盒份袋包])*\s*(\d{1,4}(?:\.\d+)?(?:-\d{1,3})?\s*(?:斤|公斤|千克|kg|克|g|ml|毫升|升|l|枚|只|个|瓶|包|听|粒|颗|支|根|片|卷|朵|册|本|枝|头|条|双|对|抽|张|cm|pcs|lb)(?:\s*[*x]\s*\d{1,3}\s*(?:瓶|盒|包|袋|罐|听|支|卷|个|枚|片)?)?装?)(?:大果|中果|小果|一?左右)?(?:\s*(?:/|一|a )\s*(箱|盒|份|袋|包|板|提|瓶|只|个|套|束|桶|罐|组|box|bag|pack|tray|jar|tin|bottle|loaf)| (box|bag|pack|tray|jar|tin|bottle|loaf))?(?:[^\w]|$)`)
	postPriceTag  = regexp.MustCompile(`(?i)(?:团购价?|拼团价|团价|现价|到手价?|券后价?|现在|只要|仅需|特价|价格|价|price)[:\s]*` + cash + perUnit + ``)
	postPrice     = regexp.MustCompile(`(?i)(?:[¥$]\s*(\d{1,7}(?:\.\d{1,2})?)|(\d{1,7}(?:\.\d{1,2})?)\s*(?:元|块钱|块|yuan)|(?:^|[\s,;])(\d{1,7}\.\d{1,2}))(?:元|块)?` + perUnit + ``)
	postBare      = regexp.MustCompile(`(?:^|[\s,;\x00])(\d{1,6})(?:` + perUnit + `)?(?:$|[\s,;\x00(])`)
	postItemLine  = regexp.MustCompile(`^\s*([A-Z])\s*[.:)、\s]\s*(.+)$`)
	postUnitTag   = regexp.MustCompile(`(?i)(?:单位|unit)[:\s]+(\p{Han}|box|bag|tray|jar|bottle|pack|loaf)(?:[\s,;\x00]|$)`)
	postNote      = regexp.MustCompile(`(?i)(?:备注|说明|note)[: \t]+([^\n\x00]+)`)
	postDelivery  = regexp.MustCompile(`(?i)送货上门|团长送|送到家|送上门|home delivery|delivered`)
	postTitleTag  = regexp.MustCompile(`(?i)(?:标题|名称|品名|商品|品种|title|name)[:\s]+([^\n,;\x00]+)`)
)

// The pieces that several marks share.
const (
	countUnit    = `份|单|个人|人|元|块|箱|盒|斤|袋|瓶|件|只|包|套|个|桶|提|条|板|束|shares?|people|persons?|boxes|box|bags?|yuan|orders?`
	whenSpanText = `(?:\d{1,3}|半|[一二两三四五六七八九十]+)\s*个?\s*(?:小时|分钟|天|hours?|h|minutes?|days?)`
	perUnit      = `(?:\s*(?:/|一|per )\s*([\p{Han}]|box|bag|share|pack|kg|lb|tray|loaf|bottle|jar))?`
)

// More marks of forwarded adverts.
var (
	postNumber    = regexp.MustCompile(`^\s*\d{1,2}(?:[.,)]\s+|[,)])`)
	postPer       = regexp.MustCompile(`[¥]?(\d{1,6}(?:\.\d{1,2})?)\s*(?:元|块)?\s*/\s*(\d{1,4}(?:\.\d+)?\s*(?:斤|公斤|kg|克|g|个|只|枚|瓶|支|包|盒|袋|根))`)
	postSpoken    = regexp.MustCompile(`([一二两三四五六七八九十]{1,3})块([一二三四五六七八九])?(?:钱)?(?:一|/)(斤|个|只|袋|盒|箱|份|包|瓶|根|把|条)`)
	postPack      = regexp.MustCompile(`(?:^|[\s,;\x00])(?:每|一)(箱|盒|份|袋|包|板|提|套|束|桶|筐|罐|组)\s*约?(\d{1,4}\s*(?:个|枚|根|斤|只|支|瓶|包|条|颗|粒|片|克|g|kg|ml))(?:装|左右)?(?:[\s,;\x00]|$)`)
	postBonus     = regexp.MustCompile(`满\s*[¥]?\d{1,5}(?:\.\d{1,2})?\s*\p{Han}?\s*(?:(?:包邮|包配?送|免运费|免配送费?)[^\s,;\x00]*|(?:立?减|送|返|打折)[^\n,;\x00]*)`)
	postFee       = regexp.MustCompile(`(?:便宜|省下?|立省|优惠|立减|押金|运费|邮费|快递费?|配送费|包装费|订金|定金|折合|合计|平均|相当于)[^\n,;\x00\d]{0,4}[¥]?\d{1,5}(?:\.\d{1,2})?\s*(?:元|块)?(?:\s*(?:/|每|一)\s*\p{Han})?`)
	postPhone     = regexp.MustCompile(`(?i)1[3-9]\d[ -]?\d{4}[ -]?\d{4}|(?:电话|手机|微信|vx|tel|call|phone|wechat|whatsapp)[:.\s]*\+?\d[\d -]{4,15}\d`)
	postPerhaps   = regexp.MustCompile(`(?:去年|往年|上次|上回|以前|可能|估计|预计|大概)[^\n,;\x00]{0,8}\d(?:\.\d+)?\s*(?:元|块)|\d\s*(?:-|~|到|至)\s*[¥]?\d{1,6}(?:\.\d{1,2})?\s*(?:元|块)|[¥$]\d+(?:\.\d+)?\s*(?:-|~|to)\s*[¥$]?\d|\d\s*(?:元|块)(?:左右|上下|起(?:$|[^团送订发拼购]))`)
	postNoGoods   = regexp.MustCompile(`便宜|买\d|平台|店|共|减|省|返|红包|优惠|补|退|赔|运费|邮费|押金|定金|订金|超市|市场|门店|平时|日常|原价|去年|第二|再加|另外|一共|总共|满`)
	postMoney     = regexp.MustCompile(`(?i)[¥$]\s*\d|\d\s*(?:元|块|yuan)|价\s*\d`)
	postEach      = regexp.MustCompile(`买(1|一)(箱|盒|份|袋|包|提|瓶|只|套)\s*([¥]?\d)`)
	postPair      = regexp.MustCompile(`(?i)\d{1,5}(?:\.\d+)?\s*(?:g|克|ml|kg|l)装?\s*[¥]?\d{1,5}(?:\.\d{1,2})?\s*(?:元|块)`)
	postPacked    = regexp.MustCompile(`(?i)(?:装|g|克|ml|kg|l|寸)$`)
	postNoEnd     = regexp.MustCompile(`^\s*(?:吃|喝|用|送|发|到|食|左右|采|摘|在|杀|开始|靠岸|回)`)
	postBulk      = regexp.MustCompile(`(?:^|[^\d*x.一/])(?:[两二三四五]|[2-9])\s*(?:盒|箱|袋|份|包|提|个|只|瓶)\s*(?:共|一共|合计|只要|才|就)?\s*[¥]?\d{2,5}(?:\.\d{1,2})?(?:元|块)?|(?i)(?:two|three|four|[2-9]) for [¥$]?\d{1,5}(?:\.\d{1,2})?`)
	postUnitPrice = regexp.MustCompile(`(?:^|[^\d])一(箱|盒|份|袋|包|板|提|瓶|只|个|套|束)\s*[¥]?(\d{1,6}(?:\.\d{1,2})?)\s*(?:元|块|$|[\s,;])|(?:^|[\s,;])(\d{1,6}(?:\.\d{1,2})?)\s*(?:元|块)?一(箱|盒|份|袋|包|板|提|瓶|只|个|套|束)(?:$|[\s,;.])`)
	postByWeight  = regexp.MustCompile(`(?i)\d{1,4}\s*(?:斤|公斤|kg|g|克|ml)\s*[¥]?\d{1,5}(?:\.\d{1,2})?\s*(?:元|块)`)
	postBracket   = regexp.MustCompile(`(?m)^\s*\[([^\]\n]{2,20})\]`)
	postPlaceTag2 = regexp.MustCompile(`(?i)(?:提货点|提货地点|取货处|自提点|自提地点|取货地点|取货点|地点|自提|pick[- ]?up(?: point| at)?|collect at):\s*([^\n,;\x00]+?(?:, [A-Z][^\n,;\x00]*)?)\s*(?:[\n,;\x00]|$)`)
	greeting      = regexp.MustCompile(`(?i)^(?:开团|团购|接龙)[: ]+|^(?:大家好|各位[^,\n]{0,6}好|各位邻居|邻居们|家人们|亲们|hello everyone|hi all|hi neighbou?rs)[, ]*|^(?i:anyone (?:want|wants|fancy|for)|who wants|does anyone want) |^(?:今天|今日|今晚|明天|明日)?(?:开团|顺便团一?[波下个])|^(?:预售|预订|提前订)[: ]|^(?:今天|今晚|明天)?(?:团的是|团一下|团个|团)\s*|^(?:姐妹|家人|亲|邻居|宝子|朋友|大家|各位\p{Han}{0,4}?|业主|团友)们?(?:好|早|晚上好)?[,: ]+|^(?:姐妹|家人|亲|邻居|宝子)们$|^转发[^:]{0,8}:|^(?:hello|hi|hey|dear)(?: all| everyone| neighbou?rs| friends)?[, ]+|^group (?:order|buy)(?: for)?[: ]+|^团长福利\s*|^\[?团?\]\s*`)
	praise        = regexp.MustCompile(`(?:开团啦|来啦|来了|来咯|来喽|来袭|到了|返场|开抢|热卖|上新啦|上新|开团|到货啦)`)
)
