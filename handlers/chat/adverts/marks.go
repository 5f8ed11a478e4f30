package adverts

import "regexp"

const cash = `[¥$]?\s*(\d{1,7}(?:\.\d{1,2})?)\s*(?:元|块钱|块|yuan|rmb)?`

// The marks of each field. What a field has explained is cut out of the text; what is left over is the title.
var (
	postRangeTag  = regexp.MustCompile(`(?i)(?:取货时间|自提时间|时间|pick[- ]?up time)[:\s]*`)
	postOpens     = regexp.MustCompile(`(?i)^\s*(?:开始接龙|开始|起|开抢)|^\s*start`)
	postDeadTag   = regexp.MustCompile(`(?i)(?:截止到|截止时间|截止|截单|截团|截至|deadline|(?:orders?\s+)?closes?(?:\s+at)?|closing|until|order by|ends?(?:\s+at)?|by)[:\s]*$`)
	postDeadAfter = regexp.MustCompile(`(?i)^\s*(?:截止|截单|截团|截至|前下单|前|结束|deadline)`)
	postPlaceTag  = regexp.MustCompile(`(?i)(?:自提点|自提地点|取货地点|取货点|自提|取货|提货|地点|地址|pick[- ]?up(?: point| at)?|collect at|place)[:\s]+([^\n,;\x00]+?)\s*(?:[\n,;\x00]|$)`)
	postPlace     = regexp.MustCompile(`([^\s\n,;\x00]*(?:[\p{Han}\d]号楼)?[^\s\n,;\x00]+?)\s*(?:自提|取货|提货)`)
	postKindTeam  = regexp.MustCompile(`(?i)(\d{1,3}|[二两三四五六七八九十]+)\s*人\s*(?:拼团|拼|小团|团)|team(?:s)? of (\d{1,3})`)
	postTTL       = regexp.MustCompile(`(?i)(?:每团|每个团|团长开团后|成团限时|each team|per team)[:\s]*(?:限时)?\s*(` + whenSpanText + `)`)
	postThreshold = regexp.MustCompile(`(?i)(?:满|够|起订量?|起团|成团[: ]|至少|最少|min(?:imum)?|at least|needs?)[: ]*¥?(\d{1,9}(?:\.\d{1,2})?) *(` + countUnit + `)(?: *(?:成团|起团|起送|起|就发|开团|发车))?|¥?(\d{1,9}(?:\.\d{1,2})?) *(` + countUnit + `) *(?:成团|起团|起送|起订|起发|就发|minimum)|(\d{1,9}) *(份|人|元|箱|盒)起`)
	postCap       = regexp.MustCompile(`(?i)(?:上限|封顶|最多|总共|cap|max(?:imum)?)[:\s]*(\d{1,7})\s*(` + countUnit + `)`)
	postStock     = regexp.MustCompile(`(?i)(?:库存|现货|限量|共有|只有|仅有|仅剩|stock)[:\s]*(\d{1,7})\s*(?:` + countUnit + `)?`)
	postHouse     = regexp.MustCompile(`(?i)(?:每户|一户|每家)\s*(?:限购|最多|限)?[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|(\d{1,5}) per household`)
	postLimit     = regexp.MustCompile(`(?i)(?:每人|一人|人均)\s*(?:限购|最多|限)?[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|限购[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|(?:limit )?(\d{1,5}) (?:per person|each)|limit (\d{1,5})`)
	postAtJoin    = regexp.MustCompile(`(?i)先付款?|付款参团|参团付款|报名付款|pay (?:first|at join|when joining|now)`)
	postAfter     = regexp.MustCompile(`(?i)成团后?再?付款?|成团后付|后付款?|pay (?:later|after|when formed|when it'?s on)`)
	postOffline   = regexp.MustCompile(`(?i)线下付?款?|到付|货到付款|现金|自行付款|私下付|offline|cash|pay (?:me|the leader)`)
	postSolo      = regexp.MustCompile(`(?i)(?:单买价?|单独买|原价|市场价|超市价?|超市卖|平时|日常价|日常|门店价|零售价|单价|solo|alone|regular(?: price)?|usual(?:ly)?|normally)[:\s]*` + cash + ``)
	postSupply    = regexp.MustCompile(`(?i)(?:供货价|进价|成本价?|supply(?: price)?)[:\s]*` + cash)
	postMerchant  = regexp.MustCompile(`(?i)(?:商家|供货商|供应商|merchant|supplier)[:\s]*([^\s,;\n\x00]+)`)
	postSpec      = regexp.MustCompile(`(?i)(?:规格|spec)[:\s]*([^\s,;\n\x00]+)`)
	postWeight    = regexp.MustCompile(`(?i)(?:净重|毛重|约|每[箱盒份袋包])*\s*(\d{1,4}(?:\.\d+)?(?:-\d{1,3})?\s*(?:斤|公斤|千克|kg|克|g|ml|毫升|升|l|枚|只|个|瓶|包|听|粒|支|根|片|卷|朵|块|pcs|lb)(?:\s*[*x]\s*\d{1,3}\s*(?:瓶|盒|包|袋|罐|听|支|卷|个|枚|片))?装?)(?:大果|中果|小果|一?左右)?(?:\s*(?:/|一|a )\s*(箱|盒|份|袋|包|板|提|瓶|只|个|套|束|box|bag|pack|tray))?(?:[^\w]|$)`)
	postPriceTag  = regexp.MustCompile(`(?i)(?:团购价|拼团价|团价|现价|只要|仅需|特价|价格|价|price)[:\s]*` + cash + perUnit + ``)
	postPrice     = regexp.MustCompile(`(?i)(?:[¥$]\s*(\d{1,7}(?:\.\d{1,2})?)|(\d{1,7}(?:\.\d{1,2})?)\s*(?:元|块钱|块|yuan)|(?:^|[\s,;])(\d{1,7}\.\d{1,2}))(?:元|块)?` + perUnit + ``)
	postBare      = regexp.MustCompile(`(?:^|[\s,;\x00])(\d{1,6})(?:` + perUnit + `)?(?:$|[\s,;\x00])`)
	postItemLine  = regexp.MustCompile(`^\s*([A-Z])\s*[.:)、\s]\s*(.+)$`)
	postNote      = regexp.MustCompile(`(?i)(?:备注|说明|note)[:\s]+([^\n\x00]+)`)
	postDelivery  = regexp.MustCompile(`(?i)送货上门|团长送|送到家|送上门|home delivery|delivered`)
	postTitleTag  = regexp.MustCompile(`(?i)(?:标题|名称|品名|商品|品种|title|name)[:\s]+([^\n,;\x00]+)`)
)

// The pieces that several marks share.
const (
	countUnit    = `份|人|元|块|箱|盒|斤|袋|瓶|件|只|包|套|个|桶|提|条|板|束|shares?|people|persons?|boxes|box|bags?|yuan|orders?`
	whenSpanText = `(?:\d{1,3}|半|[一二两三四五六七八九十]+)\s*个?\s*(?:小时|分钟|天|hours?|h|minutes?|days?)`
	perUnit      = `(?:\s*(?:/|一|per )\s*([\p{Han}]|box|bag|share|pack|kg|tray|loaf|bottle))?`
)

// More marks of forwarded adverts.
var (
	postNumber    = regexp.MustCompile(`^\s*\d{1,2}(?:[.,)]\s+|[,)])`)
	postBulk      = regexp.MustCompile(`(?:^|[^\d*x.一/])(?:[两二三四五]|[2-9])\s*(?:盒|箱|袋|份|包|提|个|只|瓶)\s*[¥]?\d{2,5}(?:\.\d{1,2})?(?:元|块)?`)
	postUnitPrice = regexp.MustCompile(`(?:^|[^\d])一(箱|盒|份|袋|包|板|提|瓶|只|个|套|束)\s*[¥]?(\d{1,6}(?:\.\d{1,2})?)\s*(?:元|块|$|[\s,;])|(?:^|[\s,;])(\d{1,6}(?:\.\d{1,2})?)\s*(?:元|块)?一(箱|盒|份|袋|包|板|提|瓶|只|个|套|束)(?:$|[\s,;.])`)
	postByWeight  = regexp.MustCompile(`(?i)\d{1,3}\s*(?:斤|公斤|kg)\s*[¥]?\d{1,5}(?:\.\d{1,2})?\s*(?:元|块)`)
	postBracket   = regexp.MustCompile(`^\s*\[([^\]\n]{2,20})\]`)
	postPlaceTag2 = regexp.MustCompile(`(?i)(?:自提点|自提地点|取货地点|取货点|地点|自提|pick[- ]?up(?: point| at)?|collect at):\s*([^\n,;\x00]+?)\s*(?:[\n,;\x00]|$)`)
	greeting      = regexp.MustCompile(`(?i)^(?:开团|团购|接龙)[: ]+|^(?:大家好|各位邻居|邻居们|家人们|亲们|hello everyone|hi all)[, ]*|^(?:今天|今晚|明天)(?:团的是|团一下|团个|团)\s*|^团长福利\s*|^\[?团?\]\s*`)
	praise        = regexp.MustCompile(`(?:开团啦|来啦|来了|上新啦|上新|开团|到货啦)`)
)
