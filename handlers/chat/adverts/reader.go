package adverts

import (
	"cmp"
	"regexp"
	"strings"
	"unicode/utf8"

	"tuanbot/handlers/chat/words"
)

// reader cuts fields out of a text one after another.
type reader struct {
	text   string
	in     Setting
	d      Advert
	lines  int  // looked at as goods
	vague  bool // there are several prices for one thing, or one that nobody is sure of
	spoken bool // the goods stand in sentences, so that what else is said is hardly a title
	told   bool // the deadline stands beside a word for it
	one    Item // what is said of the only item, or of all
}

// MaxText is how much of a text is read, in runes. Of a longer one the beginning and the end are: the goods stand at the
// top, when and where at the bottom, and the story between them.
const (
	MaxText  = 1000
	atTheEnd = 300
)

// Read reads an advert.
func Read(text string, in Setting) Advert {
	if len(text) > MaxText {
		text = ends(text)
	}
	r := &reader{in: in}
	return r.read(text)
}

// ends are the parts of a long text that are read.
func ends(text string) string {
	from, to := 0, len(text)
	for range MaxText - atTheEnd {
		_, n := utf8.DecodeRuneInString(text[from:])
		from += n
	}
	for range atTheEnd {
		_, n := utf8.DecodeLastRuneInString(text[:to])
		to -= n
	}
	if from >= to {
		return text
	}
	return text[:from] + "\n" + text[to:]
}

func (r *reader) read(text string) Advert {
	r.text = "\n" + tidy(text) + "\n"
	r.noise()
	r.items()
	r.oddPrices()
	for _, read := range []func(){r.notes, r.pickupTime, r.team, r.times, r.counts, r.payRule, r.prices, r.places, r.specs} {
		read()
	}
	r.title()
	return r.done()
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

func (r *reader) notes() {
	if m := r.take(postUnitTag); m != nil {
		r.one.Unit = m[1]
	}
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
			r.d.Teams, r.d.Threshold, r.d.ThresholdUnit = true, n, People
		}
	}
}

// times reads when the deal opens and closes. A time without a word beside it is the cut-off, unless another has one.
func (r *reader) times() {
	for range 4 {
		f, ok := readWhen(r.text, r.in.Now)
		if !ok {
			return
		}
		if open := postOpens.FindStringIndex(r.text[f.To:]); open != nil {
			r.d.OpensAt = f.At
			r.cut(f.From, f.To+open[1])
			continue
		}
		from, to, told := f.From, f.To, false
		if tag := postDeadTag.FindStringIndex(r.text[:from]); tag != nil {
			from, told = tag[0], true
		}
		if tag := postDeadAfter.FindStringIndex(r.text[to:]); tag != nil {
			to, told = to+tag[1], true
		}
		daily := strings.HasSuffix(strings.TrimRight(r.text[:f.From], " "), "每") || postNoEnd.MatchString(r.text[f.To:])
		if told && !r.told || !r.told && !daily && r.d.Deadline.IsZero() {
			r.d.Deadline, r.told = f.At, told
		}
		r.cut(from, to)
	}
}

// unitOfCount is what a count counts.
func unitOfCount(u string) Unit {
	switch words.Fold(u) {
	case "人", "个人", "people", "person", "persons":
		return People
	case "元", "块", "yuan":
		return Money
	}
	return Shares
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
		if r.d.CapUnit = unitOfCount(m[2]); r.d.CapUnit == Money {
			r.d.CapUnit = Shares
		}
		r.unit(m[2])
	}
	if at := postThreshold.FindStringIndex(r.text); at != nil && servesPeople.MatchString(r.text[at[1]:]) {
		r.cut(at[0], at[1]) // 够3个人吃
	}
	if m := r.take(postThreshold); m != nil && !r.d.Teams && !leastEach(m[0], m[3]+m[5]) {
		r.threshold(m[1]+m[3]+m[5], m[2]+m[4]+m[6])
	}
}

// leastEach: 2份起送 is what everybody takes at least, and no threshold of all.
func leastEach(text, number string) bool {
	n, _ := words.Number(number)
	return n > 0 && n <= 3 && !strings.Contains(text, "成团") && !strings.ContainsAny(text, "人")
}

func (r *reader) threshold(number, unit string) {
	r.d.ThresholdUnit = unitOfCount(unit)
	if r.d.ThresholdUnit == Money {
		r.d.Threshold = fen(number)
		return
	}
	r.d.Threshold, _ = words.Number(number) // a fraction gives 0 and becomes a question
	if r.d.Threshold <= 1 {
		r.d.Threshold, r.d.ThresholdUnit = 0, ""
	}
	r.unit(unit)
}

// unit remembers 箱, 盒 … as the unit of the goods.
func (r *reader) unit(u string) {
	if r.one.Unit == "" && unitOfCount(u) == Shares && u != "份" && u != "单" && !strings.HasPrefix(words.Fold(u), "share") && !strings.HasPrefix(words.Fold(u), "order") {
		r.one.Unit = u
	}
}

func (r *reader) places() {
	if r.take(postDelivery) != nil {
		r.d.Delivery = true
	}
	if m := r.take(postPlaceTag2); m != nil {
		r.d.Place = m[1]
		return
	}
	if m := r.take(postPlace); m != nil {
		if r.d.Place = m[1]; strings.Contains(m[1], "老地方") {
			r.d.Place = ""
		}
		return
	}
	if m := r.take(postPlaceTag); m != nil {
		r.d.Place = m[1]
	}
}

func (r *reader) specs() {
	if m := r.take(postSpec); m != nil {
		spec, unit, _ := strings.Cut(m[1], "/")
		r.one.Spec = spec
		over(&r.one.Unit, unit)
		return
	}
	if m := postWeight.FindStringSubmatchIndex(r.d.Title); m != nil && m[2] > 0 {
		r.one.Spec, r.one.Name = r.d.Title[m[2]:m[3]], strings.TrimSpace(r.d.Title[:m[0]])
		return
	}
	if m := r.take(postWeight); m != nil {
		r.one.Spec = cmp.Or(r.one.Spec, strings.ReplaceAll(strings.TrimPrefix(m[1], "约"), " ", ""))
		if isLatinSpec(m[1]) {
			r.one.Spec = m[1]
		}
		over(&r.one.Unit, m[2]+m[3])
	}
}

// isLatinSpec: 30 pcs keeps its space.
func isLatinSpec(s string) bool {
	return strings.Contains(strings.ToLower(s), " pcs") || strings.Contains(strings.ToLower(s), " kg")
}

var (
	aboutSo      = regexp.MustCompile(`^(?:多|几|来|左右|上下)`)
	servesPeople = regexp.MustCompile(`^\s*(?:吃|用|喝|食用|的量)`)
	measured     = regexp.MustCompile(`(?i)^\s*(?:[a-z]|斤|两|克|升|公|毫|米|度|寸|个|只|折|分)`)
	weighed      = regexp.MustCompile(`(?i)^\s*(?:斤|两|克|公斤|kg|g\b|ml|升|个|只|枚|片|袋|盒)`)
	general      = regexp.MustCompile(`(?i)^(?:团购|團購|开团|開團|接龙|通知|公告|预告|爆款|新品|上新|特惠|福利|秒杀|限时.*|.*(?:特惠|返场|福利|专场|活动))$`)
)

var postLeft = regexp.MustCompile(`(?i)^(?:开团|接龙|团购|拼团|自提|取货|提货|截止|价格|付款|一份|每份|post|new deal|deal|pick-?up|at|on|for|to|is|from|the)$`)

// title is what is left: words that stand together and that no field has explained.
func (r *reader) title() {
	if r.d.Title != "" {
		return
	}
	for _, m := range postBracket.FindAllStringSubmatch(r.text, 4) {
		if general.MatchString(m[1]) {
			r.text = strings.Replace(r.text, m[0], "\n", 1)
			continue
		}
		r.d.Title = cutRunes(strings.TrimSpace(m[1]), MaxTitle)
		return
	}
	if r.spoken {
		return
	}
	for _, part := range strings.FieldsFunc(r.text, func(c rune) bool { return c == 0 || c == '\n' || c == ',' || c == ';' }) {
		var words []string
		for w := range strings.FieldsSeq(part) {
			if strings.HasPrefix(w, "@") {
				continue
			}
			if w = strings.TrimPrefix(strings.Trim(w, ".!?:-*#\"'()[]/|"), "的"); w != "" && !postLeft.MatchString(w) {
				words = append(words, w)
			}
		}
		words = cleanTitle(words)
		if len(words) > 0 && !general.MatchString(words[0]) {
			r.d.Title = cutRunes(strings.Join(words, " "), MaxTitle)
			return
		}
	}
}

// done puts what was said of the only item where it belongs.
func (r *reader) done() Advert {
	if len(r.d.Items) > 0 {
		for i := range r.d.Items {
			if r.d.Items[i].Name == "" && len(r.d.Items) > 1 {
				r.d.Items[i].Name = r.d.Title // sizes of one thing
			}
			over(&r.d.Items[i].Unit, r.one.Unit)
			if r.d.Items[i].Stock == 0 && len(r.d.Items) == 1 {
				r.d.Items[i].Stock = r.one.Stock
			}
		}
		return r.d
	}
	if r.vague {
		r.one = Item{}
		r.d.Items = nil
	}
	if r.one != (Item{}) {
		r.d.Items = []Item{r.one}
	}
	return r.d
}

// cleanTitle cuts greetings and praise off: what stands before 来啦 is the thing.
func cleanTitle(words []string) []string {
	line := strings.Join(words, " ")
	for range 2 {
		line = greeting.ReplaceAllString(line, "")
	}
	if at := praise.FindStringIndex(line); at != nil {
		if line = line[:at[0]]; line == "" {
			return nil
		}
	}
	if line = strings.Trim(line, " ,.:-[]"); line == "" {
		return nil
	}
	return []string{line}
}
