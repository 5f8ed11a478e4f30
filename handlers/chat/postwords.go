package chat

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers/chat/words"
)

// Plain understands descriptions whose parts are marked by the usual words, in any order: ¥29.90, 单买 49, 20 份成团,
// 今晚 8 点截止, 3 号楼大厅自提. It never guesses at money: what it cannot read strictly stays a question.
type Plain struct{}

const cash = `[¥$]?\s*(\d{1,7}(?:\.\d{1,2})?)\s*(?:元|块钱|块|yuan|rmb)?`

// The marks of each field. What a field has explained is cut out of the text; what is left over is the title.
var (
	postRangeTag  = regexp.MustCompile(`(?i)(?:取货时间|自提时间|时间|pick[- ]?up time)[:\s]*`)
	postOpens     = regexp.MustCompile(`(?i)^\s*(?:开始接龙|开始|起|开抢)|^\s*start`)
	postDeadTag   = regexp.MustCompile(`(?i)(?:截止到|截止时间|截止|截单|截团|截至|deadline|closes?(?:\s+at)?|closing|until|ends?(?:\s+at)?|by)[:\s]*$`)
	postDeadAfter = regexp.MustCompile(`(?i)^\s*(?:截止|截单|截团|截至|前下单|前|结束|deadline)`)
	postPlaceTag  = regexp.MustCompile(`(?i)(?:自提点|自提地点|取货地点|取货点|自提|取货|提货|地点|地址|pick[- ]?up(?: point| at)?|collect at|place)[:\s]+([^\n,;\x00]+?)\s*(?:[\n,;\x00]|$)`)
	postPlace     = regexp.MustCompile(`([^\s\n,;\x00]*(?:[\p{Han}\d]号楼)?[^\s\n,;\x00]+?)\s*(?:自提|取货|提货)`)
	postKindTeam  = regexp.MustCompile(`(?i)(\d{1,3}|[二两三四五六七八九十]+)\s*人\s*(?:拼团|拼|小团|团)|team(?:s)? of (\d{1,3})`)
	postTTL       = regexp.MustCompile(`(?i)(?:每团|每个团|团长开团后|成团限时|each team|per team)[:\s]*(?:限时)?\s*(` + whenSpanText + `)`)
	postThreshold = regexp.MustCompile(`(?i)(?:满|够|起订量?|起团|至少|最少|min(?:imum)?|at least|needs?)[:\s]*¥?(\d{1,9}(?:\.\d{1,2})?)\s*(` + countUnit + `)(?:\s*(?:成团|起团|起送|起|就发|开团))?|¥?(\d{1,9}(?:\.\d{1,2})?)\s*(` + countUnit + `)\s*(?:成团|起团|起送|起订|起|就发|minimum)`)
	postCap       = regexp.MustCompile(`(?i)(?:上限|封顶|最多|总共|cap|max(?:imum)?)[:\s]*(\d{1,7})\s*(` + countUnit + `)`)
	postStock     = regexp.MustCompile(`(?i)(?:库存|现货|限量|共有|stock)[:\s]*(\d{1,7})\s*(?:` + countUnit + `)?`)
	postHouse     = regexp.MustCompile(`(?i)(?:每户|一户|每家)\s*(?:限购|最多|限)?[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|(\d{1,5}) per household`)
	postLimit     = regexp.MustCompile(`(?i)(?:每人|一人|人均)\s*(?:限购|最多|限)?[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|限购[:\s]*(\d{1,5})\s*(?:` + countUnit + `)?|(?:limit )?(\d{1,5}) (?:per person|each)|limit (\d{1,5})`)
	postAtJoin    = regexp.MustCompile(`(?i)先付款?|付款参团|参团付款|报名付款|pay (?:first|at join|when joining|now)`)
	postAfter     = regexp.MustCompile(`(?i)成团后?再?付款?|成团后付|后付款?|pay (?:later|after|when formed|when it'?s on)`)
	postOffline   = regexp.MustCompile(`(?i)线下付?款?|到付|货到付款|现金|自行付款|私下付|offline|cash|pay (?:me|the leader)`)
	postSolo      = regexp.MustCompile(`(?i)(?:单买价?|单独买|原价|市场价|单价|solo|alone|regular(?: price)?|usual(?:ly)?)[:\s]*` + cash)
	postSupply    = regexp.MustCompile(`(?i)(?:供货价|进价|成本价?|supply(?: price)?)[:\s]*` + cash)
	postMerchant  = regexp.MustCompile(`(?i)(?:商家|供货商|供应商|merchant|supplier)[:\s]*([^\s,;\n\x00]+)`)
	postSpec      = regexp.MustCompile(`(?i)(?:规格|spec)[:\s]*([^\s,;\n\x00]+)`)
	postWeight    = regexp.MustCompile(`(?i)(?:约\s*)?\d{1,4}(?:\.\d+)?\s*(?:斤|公斤|千克|kg|克|g|ml|毫升|升|l|枚|只|个|瓶|包|听|粒|pcs|lb)\s*(?:装|/[箱盒份袋包]|一[箱盒份袋包]|a (?:box|bag|pack))?(?:[^\w]|$)`)
	postPriceTag  = regexp.MustCompile(`(?i)(?:团购价|拼团价|团价|现价|价格|价|price)[:\s]*` + cash + perUnit)
	postPrice     = regexp.MustCompile(`(?i)(?:¥\s*(\d{1,7}(?:\.\d{1,2})?)|(\d{1,7}(?:\.\d{1,2})?)\s*(?:元|块钱|块|yuan)|(?:^|[\s,;])(\d{1,7}\.\d{1,2}))(?:元|块)?` + perUnit)
	postBare      = regexp.MustCompile(`(?:^|[\s,;\x00])(\d{1,6})(?:` + perUnit + `)?(?:$|[\s,;\x00])`)
	postItemLine  = regexp.MustCompile(`^\s*([A-Z])\s*[.:)、\s]\s*(.+)$`)
	postNote      = regexp.MustCompile(`(?i)(?:备注|说明|note)[:\s]+([^\n\x00]+)`)
	postDelivery  = regexp.MustCompile(`(?i)送货上门|团长送|送到家|送上门|home delivery|delivered`)
	postTitleTag  = regexp.MustCompile(`(?i)(?:标题|名称|品名|商品|title|name)[:\s]+([^\n,;\x00]+)`)
)

const (
	countUnit    = `份|人|元|块|箱|盒|斤|袋|瓶|件|只|包|套|个|桶|提|条|shares?|people|persons?|boxes|box|bags?|yuan|orders?`
	whenSpanText = `(?:\d{1,3}|半|[一二两三四五六七八九十]+)\s*个?\s*(?:小时|分钟|天|hours?|h|minutes?|days?)`
	perUnit      = `(?:\s*(?:/|一|per )\s*([\p{Han}]|box|bag|share|pack|kg))?`
)

// reader cuts fields out of a text one after another.
type reader struct {
	text string
	in   Setting
	d    Draft
	one  DraftItem // what is said of the only item, or of all
}

// Understand reads a description.
func (Plain) Understand(_ context.Context, text string, in Setting) (Draft, error) {
	r := &reader{text: "\n" + text + "\n", in: in}
	r.items()
	for _, read := range []func(){r.notes, r.pickupTime, r.team, r.times, r.counts, r.payRule, r.prices, r.places, r.specs} {
		read()
	}
	r.title()
	return r.done(), nil
}

// group is a group of a match; "" when it took no part.
func group(s string, m []int, i int) string {
	if m[2*i] < 0 {
		return ""
	}
	return s[m[2*i]:m[2*i+1]]
}

// take cuts the first match out and returns its groups; nil when there is none.
func (r *reader) take(re *regexp.Regexp) []string {
	at := re.FindStringSubmatchIndex(r.text)
	if at == nil {
		return nil
	}
	m := make([]string, len(at)/2)
	for i := range m {
		m[i] = strings.TrimSpace(group(r.text, at, i))
	}
	r.cut(at[0], at[1])
	return m
}

func (r *reader) cut(from, to int) { r.text = r.text[:from] + "\x00" + r.text[to:] }

// items reads lines that begin with a letter and hold a price, or lines with a name and a price where there are several.
func (r *reader) items() {
	var rest []string
	var lines, plain []DraftItem
	var plainText []string
	for line := range strings.SplitSeq(r.text, "\n") {
		if m := postItemLine.FindStringSubmatch(line); m != nil {
			if it, ok := r.item(m[2]); ok {
				lines = append(lines, it)
				continue
			}
		}
		if it, ok := r.item(line); ok && it.Name != "" && !strings.Contains(line, ":") {
			plain, plainText = append(plain, it), append(plainText, line)
			continue
		}
		rest = append(rest, line)
	}
	if len(lines) == 0 && len(plain) > 1 {
		lines, plainText = plain, nil
	}
	r.d.Items = lines
	r.text = strings.Join(append(plainText, rest...), "\n")
}

// item reads one line of a list: name, spec, price and what else stands in it. A line with a count, a time or a place is
// rather a description of the whole deal.
func (r *reader) item(line string) (DraftItem, bool) {
	for _, re := range []*regexp.Regexp{postThreshold, postCap, postKindTeam, postHouse} {
		if re.MatchString(line) {
			return DraftItem{}, false
		}
	}
	if _, timed := readWhen(line, r.in.Now); timed {
		return DraftItem{}, false
	}
	sub := &reader{text: " " + line + " ", in: r.in}
	sub.counts()
	sub.prices()
	sub.specs()
	sub.title()
	sub.one.Name, sub.one.Limit = sub.d.Title, sub.d.LimitPerson
	return sub.one, sub.one.Group > 0 && sub.one.Name != ""
}

func (r *reader) notes() {
	if m := r.take(postNote); m != nil {
		r.d.Note = m[1]
	}
	if m := r.take(postTitleTag); m != nil {
		r.d.Title = m[1]
	}
	if m := r.take(postMerchant); m != nil {
		r.d.Merchant = m[1]
	}
}

func (r *reader) pickupTime() {
	from, to, ok := words.Range(r.text)
	if !ok {
		return
	}
	r.d.PickupTime = strings.TrimSpace(r.text[from:to])
	if tag := postRangeTag.FindStringIndex(r.text[:from]); tag != nil && tag[1] == from {
		from = tag[0]
	}
	r.cut(from, to)
}

func (r *reader) team() {
	if m := r.take(postTTL); m != nil {
		r.d.TeamTTL, _ = words.Span(m[1]) // the pattern is a span
	}
	if m := r.take(postKindTeam); m != nil {
		n, kind := words.Number(m[1] + m[2])
		if kind == words.Whole {
			r.d.Kind, r.d.Threshold, r.d.ThresholdUnit = domain.KindTeam, n, domain.UnitPeople
		}
	}
}

// times reads when the deal opens and closes. A time without a word beside it is the cut-off.
func (r *reader) times() {
	for range 3 {
		f, ok := readWhen(r.text, r.in.Now)
		if !ok {
			return
		}
		if open := postOpens.FindStringIndex(r.text[f.To:]); open != nil {
			r.d.OpensAt = f.At
			r.cut(f.From, f.To+open[1])
			continue
		}
		from, to := f.From, f.To
		if tag := postDeadTag.FindStringIndex(r.text[:from]); tag != nil {
			from = tag[0]
		}
		if tag := postDeadAfter.FindStringIndex(r.text[to:]); tag != nil {
			to += tag[1]
		}
		r.d.Deadline = f.At
		r.cut(from, to)
	}
}

// unitOfCount is what a count counts.
func unitOfCount(u string) domain.Unit {
	switch words.Fold(u) {
	case "人", "people", "person", "persons":
		return domain.UnitPeople
	case "元", "块", "yuan":
		return domain.UnitMoney
	}
	return domain.UnitShares
}

func (r *reader) counts() {
	if m := r.take(postHouse); m != nil {
		r.d.LimitHousehold, _ = words.Number(m[1] + m[2]) // only digits match
	}
	if m := r.take(postLimit); m != nil {
		r.d.LimitPerson, _ = words.Number(m[1] + m[2] + m[3] + m[4]) // only digits match
	}
	if m := r.take(postStock); m != nil {
		r.one.Stock, _ = words.Number(m[1]) // only digits match
	}
	if m := r.take(postCap); m != nil {
		r.d.Cap, _ = words.Number(m[1]) // only digits match
		if r.d.CapUnit = unitOfCount(m[2]); r.d.CapUnit == domain.UnitMoney {
			r.d.CapUnit = domain.UnitShares
		}
		r.unit(m[2])
	}
	if m := r.take(postThreshold); m != nil && r.d.Kind != domain.KindTeam {
		r.threshold(m[1]+m[3], m[2]+m[4])
	}
}

func (r *reader) threshold(number, unit string) {
	r.d.ThresholdUnit = unitOfCount(unit)
	if r.d.ThresholdUnit == domain.UnitMoney {
		if a, err := money.Parse(number, r.in.Currency); err == nil {
			r.d.Threshold = a.Fen()
		}
		return
	}
	r.d.Threshold, _ = words.Number(number) // a fraction gives 0 and becomes a question
	r.unit(unit)
}

// unit remembers 箱, 盒 … as the unit of the goods.
func (r *reader) unit(u string) {
	if r.one.Unit == "" && unitOfCount(u) == domain.UnitShares && u != "份" && !strings.HasPrefix(words.Fold(u), "share") && !strings.HasPrefix(words.Fold(u), "order") {
		r.one.Unit = u
	}
}

func (r *reader) payRule() {
	for _, rule := range []struct {
		re  *regexp.Regexp
		pay domain.PayWhen
	}{{postOffline, domain.PayOffline}, {postAfter, domain.PayAfterFormed}, {postAtJoin, domain.PayAtJoin}} {
		if r.take(rule.re) != nil {
			r.d.Pay = rule.pay
			return
		}
	}
}

func (r *reader) prices() {
	if m := r.take(postSolo); m != nil {
		r.one.Solo = r.fen(m[1])
	}
	if m := r.take(postSupply); m != nil {
		r.one.Supply = r.fen(m[1])
	}
	if m := r.take(postPriceTag); m != nil {
		r.one.Group = r.fen(m[1])
		over(&r.one.Unit, m[2])
		return
	}
	if m := r.take(postPrice); m != nil {
		r.one.Group = r.fen(m[1] + m[2] + m[3])
		over(&r.one.Unit, m[4])
		return
	}
	if len(r.d.Items) == 0 {
		if m := r.take(postBare); m != nil {
			r.one.Group = r.fen(m[1])
		}
	}
}

func (r *reader) fen(s string) int64 {
	a, err := money.Parse(s, r.in.Currency)
	if err != nil {
		return 0
	}
	return a.Fen()
}

func (r *reader) places() {
	if r.take(postDelivery) != nil {
		r.d.Fulfilment = domain.FulfilLeader
	}
	if m := r.take(postPlace); m != nil {
		r.d.Place = m[1]
		return
	}
	if m := r.take(postPlaceTag); m != nil {
		r.d.Place = m[1]
	}
}

func (r *reader) specs() {
	if m := r.take(postSpec); m != nil {
		r.one.Spec = m[1]
		return
	}
	if m := r.take(postWeight); m != nil {
		r.one.Spec = strings.TrimFunc(m[0], func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	}
}

var postLeft = regexp.MustCompile(`(?i)^(?:开团|接龙|团购|拼团|自提|取货|提货|截止|价格|付款|一份|每份|post|new deal|deal|pick-?up|at|on|for|to|is|from|the)$`)

// title is what is left: words that stand together and that no field has explained.
func (r *reader) title() {
	if r.d.Title != "" {
		return
	}
	for _, part := range strings.FieldsFunc(r.text, func(c rune) bool { return c == 0 || c == '\n' || c == ',' || c == ';' }) {
		var words []string
		for w := range strings.FieldsSeq(part) {
			if w = strings.Trim(w, ".!?:-*#\"'()[]/|"); w != "" && !postLeft.MatchString(w) {
				words = append(words, w)
			}
		}
		if len(words) > 0 {
			r.d.Title = cutRunes(strings.Join(words, " "), domain.MaxTitle)
			return
		}
	}
}

// done puts what was said of the only item where it belongs.
func (r *reader) done() Draft {
	if len(r.d.Items) > 0 {
		for i := range r.d.Items {
			over(&r.d.Items[i].Unit, r.one.Unit)
			if r.d.Items[i].Stock == 0 {
				r.d.Items[i].Stock = r.one.Stock
			}
		}
		return r.d
	}
	if r.one != (DraftItem{}) {
		r.d.Items = []DraftItem{r.one}
	}
	return r.d
}
