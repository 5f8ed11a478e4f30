package adverts

import (
	"regexp"
	"strconv"
	"strings"

	"tuanbot/handlers/chat/words"
)

// noise cuts out numbers that are no prices: telephones, deposits, postage, what is given to who buys for more.
func (r *reader) noise() {
	r.text = postBonus.ReplaceAllString(r.text, ",\x00,")
	for _, re := range []*regexp.Regexp{postPhone, postFee} {
		r.text = re.ReplaceAllString(r.text, "\x00")
	}
	r.text = writtenOut(r.text)
	r.text = postEach.ReplaceAllString(r.text, " 一$2$3")
	if len(postPair.FindAllStringIndex(r.text, 2)) > 1 {
		r.text = onePerLine(r.text)
	}
}

// onePerLine parts the sizes of one thing that stand on one line: 250g 28元 500g 55元.
func onePerLine(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if len(postPair.FindAllStringIndex(l, 2)) > 1 && len(namedPair.FindAllStringIndex(l, 2)) < 2 {
			lines[i] = postPair.ReplaceAllString(l, ",$0,")
		}
	}
	return strings.Join(lines, "\n")
}

// namedPair: a name before a size and a price makes it one of several goods: 牛肉丸 500g 39.9元,鱼丸 500g 26.9元.
var namedPair = regexp.MustCompile(`(?i)(?:^|[,;\n])\s*\p{Han}{2,10}\s*\d{1,5}(?:\.\d+)?\s*(?:g|克|ml|kg|l)装?\s*[¥]?\d{1,5}(?:\.\d{1,2})?\s*(?:元|块)`)

// oddPrices: 5斤36块,10斤66块 are two prices; which one is meant must be asked.
func (r *reader) oddPrices() {
	if postPerhaps.MatchString(postSolo.ReplaceAllString(r.text, " ")) {
		r.vague, r.d.Items = true, nil
	}
	if len(r.d.Items) > 0 {
		return
	}
	pairs := postByWeight.FindAllStringIndex(r.text, 4)
	all := postPrice.FindAllStringIndex(postSolo.ReplaceAllString(r.text, " "), 8)
	if len(pairs) > 1 || len(pairs) == 1 && len(all) > 1 {
		r.vague = true
	}
}

func (r *reader) payRule() {
	for _, rule := range []struct {
		re  *regexp.Regexp
		pay Pay
	}{{postOffline, Offline}, {postAfter, AfterFormed}, {postAtJoin, AtJoin}} {
		if r.take(rule.re) != nil {
			r.d.Pay = rule.pay
			return
		}
	}
}

func (r *reader) prices() {
	soloUnit := ""
	for i := range 3 {
		at := postSolo.FindStringIndex(r.text)
		if at == nil {
			break
		}
		exact := !aboutSo.MatchString(r.text[at[1]:])
		if m := r.take(postSolo); i == 0 && exact {
			r.one.Solo, soloUnit = fen(m[1]), m[2]
		}
	}
	r.groupPrice()
	if soloUnit != "" && r.one.Unit != "" && words.Fold(soloUnit) != words.Fold(r.one.Unit) {
		r.one.Solo = 0 // of something else: 超市6.8元/瓶 of a box
	}
	if soloUnit != "" && r.one.Unit == "" && r.one.Solo < r.one.Group {
		r.one.Solo = 0 // of one of the 14 bottles
	}
}

// groupPrice reads what the goods cost here.
func (r *reader) groupPrice() {
	bulk := false
	for range 3 {
		bulk = len(postPrice.FindAllStringIndex(r.text, 2))+len(postUnitPrice.FindAllStringIndex(r.text, 2)) > 1 && r.take(postBulk) != nil || bulk
	}
	if m := r.take(postSupply); m != nil {
		r.one.Supply = fen(m[1])
	}
	if m := r.take(postPack); m != nil {
		r.one.Spec = strings.ReplaceAll(m[2], " ", "")
		over(&r.one.Unit, m[1])
	}
	if m := r.take(postPer); m != nil {
		r.one.Group = fen(m[1])
		over(&r.one.Spec, strings.ReplaceAll(m[2], " ", ""))
		return
	}
	if m := r.take(postSpoken); m != nil {
		r.one.Group = spokenFen(m[1], m[2])
		over(&r.one.Unit, m[3])
		return
	}
	if m := r.takeTagged(); m != nil {
		r.one.Group = fen(m[1])
		over(&r.one.Unit, m[2])
		return
	}
	if m := r.takeUnitPrice(); m != nil {
		r.one.Group = fen(m[2] + m[3])
		over(&r.one.Unit, m[1]+m[4])
		return
	}
	if m := r.takePrice(); m != nil {
		r.one.Group = fen(m[1] + m[2] + m[3])
		over(&r.one.Unit, m[4])
		return
	}
	if len(r.d.Items) == 0 && !bulk {
		if m := r.take(postBare); m != nil {
			r.one.Group = fen(m[1])
			over(&r.one.Unit, m[2])
		}
	}
}

// spokenFen is 三块五.
func spokenFen(whole, tenth string) int64 {
	n, kind := words.Number(whole)
	if kind != words.Whole {
		return 0
	}
	t := int64(0)
	if tenth != "" {
		t, _ = words.Number(tenth) // one digit
	}
	return n*100 + t*10
}

// takeTagged takes what stands beside a word for the price; 价格:9斤42元 says first of what.
func (r *reader) takeTagged() []string {
	at := postPriceTag.FindStringIndex(r.text)
	if at == nil {
		return nil
	}
	if last := r.text[at[1]-1]; last >= '0' && last <= '9' && weighed.MatchString(r.text[at[1]:]) {
		return nil
	}
	return r.take(postPriceTag)
}

// yuanOf writes an amount as people do.
func yuanOf(fen int64) string {
	s := strconv.FormatInt(fen/100, 10)
	if fen%100 > 0 {
		s += "." + strconv.FormatInt(fen%100/10, 10)
	}
	return s
}

// takeUnitPrice is 一箱139元; what stands before it, 5斤, stays.
func (r *reader) takeUnitPrice() []string {
	at := postUnitPrice.FindStringSubmatchIndex(r.text)
	if at == nil {
		return nil
	}
	m := make([]string, len(at)/2)
	for i := range m {
		m[i] = strings.TrimSpace(group(r.text, at, i))
	}
	if before, _, ok := strings.Cut(m[0], "一"); ok && before != "" && m[1] != "" {
		at[0] += len(before)
	}
	r.cut(at[0], at[1])
	return m
}

// takePrice takes the first price that is one: 18.9 before L is none.
func (r *reader) takePrice() []string {
	for _, at := range postPrice.FindAllStringSubmatchIndex(r.text, 8) {
		m := make([]string, len(at)/2)
		for i := range m {
			m[i] = strings.TrimSpace(group(r.text, at, i))
		}
		if m[3] != "" && m[4] == "" && measured.MatchString(r.text[at[7]:]) {
			continue
		}
		r.cut(at[0], at[1])
		return m
	}
	return nil
}
