package chat

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pick is a quantity of the item with a letter; "" when no item was named.
type pick struct {
	Letter string `json:"letter,omitempty"`
	Qty    int64  `json:"qty"`
}

// home is where somebody lives, as they typed it.
type home struct{ Building, Room string }

// wish is what a message asks for in quantities: who wants how many of what. Which deal and which items it means is found
// out later.
type wish struct {
	Picks    []pick
	For      string   // for a neighbour
	Home     home     // 3-502
	Code     string   // of the deal; only a guess until it is looked up
	Serial   int64    // "no. 12"
	Rest     []string // words that none of this explains; perhaps names of items
	Led      bool     // begins like an order: 来, 报名, join
	Plus     bool     // has a sign or a letter, so that it can hardly be anything else
	Unit     bool     // the quantity has a unit
	Trouble  string   // negative, fraction, contradiction: clear enough to be refused
	Minus    bool
	AllWords bool // nothing of the text is left over
	lead     string
}

// The quantities and words of the little language. Longer words stand first.
const (
	numberWord = `(?:\d+(?:[./]\d+)?|半打|[一二两俩三仨四五六七八九十百零]+打?|半)`
	unitWord   = `(?:份|个|箱|盒|斤|袋|瓶|件|只|包|组|套|桶|筐|提|条|双|对|枚|串|捆|篮|罐|板|碗|块|棵|束|shares?|portions?|boxes|box|bags?|packs?|pcs|pieces?|orders?)`
	englishNum = `(?:half a dozen|a dozen|a couple|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)`
)

var (
	wishLead   = regexp.MustCompile(`(?i)^(?:接龙|参团|跟团|报名|参加|我要|我订|我来|再来|再要|再加|再订|来|要|订|加|count me in|i'?m in|i want|i'?ll take|sign me up|join|order|add me|we want)`)
	wishFor    = regexp.MustCompile(`^(?:帮|替|给|代|帮忙给)\s*([\p{Han}A-Za-z·.]{1,24}?)\s*(?:家)?\s*(?:来|要|订|买|报名|报|加|接龙|参团|跟团)?\s*(?:\+|[\d一二两俩三仨四五六七八九十半]|[A-Za-z]\s*[+*\d])`)
	wishForEn  = regexp.MustCompile(`(?i)^for\s+([\p{L}][\p{L}'-]{0,23}(?: [\p{Lu}][\p{L}'-]{0,15})?)`)
	wishHome   = regexp.MustCompile(`^(\d{1,3})\s*(?:栋|幢|号楼|座|#)\s*(?:(\d{1,2})\s*单元)?\s*-?\s*(\d{2,4}[A-Za-z]?)\s*(?:室|房|号)?`)
	wishDash   = regexp.MustCompile(`^(\d{1,3})-(?:(\d{1,2})-)?(\d{3,4}[A-Za-z]?)(?:室)?`)
	wishBldg   = regexp.MustCompile(`(?i)^(?:bldg|building|block|blk)\.?\s*(\w{1,3})[\s,]*(?:room|rm|apt|unit|#)?\s*(\d{2,4}[A-Za-z]?)`)
	wishSerial = regexp.MustCompile(`(?i)^(?:#(\d{1,6})|(\d{1,6})\s*号|no\.?\s*(\d{1,6}))`)
	wishCode   = regexp.MustCompile(`^#?([0-9A-HJKMNP-Za-hjkmnp-z]{5})`)
	wishItem   = regexp.MustCompile(`(?i)^([A-Z])\s*[+*x:=]?\s*(-?)\s*(` + numberWord + `)(?:\s*(` + unitWord + `))?`)
	wishBack   = regexp.MustCompile(`(?i)^\+?\s*(` + numberWord + `)\s*(?:` + unitWord + `)?\s*\*?\s*([A-Z])`)
	wishPlus   = regexp.MustCompile(`(?i)^\+\s*(-?)\s*(` + numberWord + `)(?:\s*(` + unitWord + `))?`)
	wishMinus  = regexp.MustCompile(`(?i)^-\s*(` + numberWord + `)(?:\s*(` + unitWord + `))?`)
	wishCount  = regexp.MustCompile(`(?i)^(` + numberWord + `|` + englishNum + `)(?:\s*(` + unitWord + `))?`)
	wishFiller = regexp.MustCompile(`(?i)^(?:谢谢|谢了|多谢|感谢|辛苦了?|麻烦|团长|老板|请|哈+|啦|哦|吧|呀|的|了|thanks?|thank you|please|pls|shares of|of)`)
)

// readWish takes a message apart. It says what is there; whether that is an order, the caller decides.
func readWish(text string) wish {
	w := wish{AllWords: true}
	if strings.Contains(text, "://") {
		w.Rest, w.AllWords = []string{text}, false // a link is not ours to read
		return w
	}
	rest := text
	for {
		rest = strings.TrimLeftFunc(rest, isBreak)
		if rest == "" {
			break
		}
		n := w.next(rest)
		rest = rest[n:]
	}
	w.judge()
	return w
}

// next explains the beginning of s and says how many bytes that was.
func (w *wish) next(s string) int {
	for _, read := range []func(string) int{w.filler, w.readFor, w.readHome, w.readSerial, w.readCode, w.readItem, w.readPlus, w.readCount} {
		if n := read(s); n > 0 {
			return n
		}
	}
	if m := wishLead.FindString(s); m != "" && w.lead == "" && wordEnds(s, len(m)) {
		w.Led, w.lead = true, fold(m)
		return len(m)
	}
	n := strings.IndexFunc(s, isBreak)
	if n <= 0 {
		n = len(s)
	}
	// A number inside an unknown run is not ours to interpret, but one after Han letters may be: 阳光玫瑰两份.
	if cut := trailingCount(s[:n]); cut > 0 {
		n = cut
	}
	w.Rest = append(w.Rest, s[:n])
	return n
}

var trailing = regexp.MustCompile(`(?i)[+*]?\s*` + numberWord + `\s*` + unitWord + `$|[+*]\s*` + numberWord + `$`)

func trailingCount(s string) int {
	at := trailing.FindStringIndex(s)
	if at == nil || at[0] == 0 {
		return 0
	}
	return at[0]
}

// wordEnds: an English word must not be the beginning of a longer one.
func wordEnds(s string, n int) bool {
	last, _ := utf8.DecodeLastRuneInString(s[:n])
	if n == len(s) || last > unicode.MaxASCII {
		return true
	}
	next, _ := utf8.DecodeRuneInString(s[n:])
	return !unicode.IsLetter(next) || next > unicode.MaxASCII
}

func (w *wish) filler(s string) int {
	if m := wishFiller.FindString(s); m != "" && wordEnds(s, len(m)) {
		return len(m)
	}
	return 0
}

func (w *wish) readFor(s string) int {
	if m := wishFor.FindStringSubmatchIndex(s); m != nil && w.For == "" {
		w.For = strings.TrimSpace(s[m[2]:m[3]])
		w.Led = true
		return m[3]
	}
	if m := wishForEn.FindStringSubmatch(s); m != nil && w.For == "" {
		if _, kind := quantity(m[1]); kind != notNumber {
			return len("for") // count me in for two
		}
		w.For = m[1]
		return len(m[0])
	}
	return 0
}

func (w *wish) readHome(s string) int {
	if w.Home.Room != "" {
		return 0
	}
	for _, re := range []*regexp.Regexp{wishHome, wishDash} {
		m := re.FindStringSubmatch(s)
		if m == nil || !tokenEnds(s, len(m[0])) {
			continue
		}
		w.Home = home{Building: m[1], Room: strings.ToUpper(m[3])}
		if m[2] != "" {
			w.Home.Room = m[2] + "-" + w.Home.Room
		}
		return len(m[0])
	}
	if m := wishBldg.FindStringSubmatch(s); m != nil && tokenEnds(s, len(m[0])) {
		w.Home = home{Building: strings.ToUpper(m[1]), Room: strings.ToUpper(m[2])}
		return len(m[0])
	}
	return 0
}

// tokenEnds: no digit or ASCII letter follows.
func tokenEnds(s string, n int) bool {
	if n >= len(s) {
		return true
	}
	c := s[n]
	return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

func (w *wish) readSerial(s string) int {
	m := wishSerial.FindStringSubmatch(s)
	if m == nil || w.Serial != 0 || !tokenEnds(s, len(m[0])) || strings.HasPrefix(s[len(m[0]):], "楼") {
		return 0
	}
	for _, g := range m[1:] {
		if n, kind := digits(g); g != "" && kind == whole {
			w.Serial = n
		}
	}
	return len(m[0])
}

// shortPicks is what looks like a code but is letters with quantities: A2B13.
var shortPicks = regexp.MustCompile(`(?i)^(?:[A-Z]\d{1,2}){2,}$|^[A-Z]\d{4}$|^\d{4}[A-Z]$|^\d{1,3}[A-Z]\d+[A-Z]?$`)

func (w *wish) readCode(s string) int {
	m := wishCode.FindStringSubmatch(s)
	if m == nil || w.Code != "" || !tokenEnds(s, len(m[0])) {
		return 0
	}
	hashed := strings.HasPrefix(s, "#")
	if !hashed && (strings.Trim(m[1], "0123456789") == "" || shortPicks.MatchString(m[1]) || w.isWord(s, m[1])) {
		return 0
	}
	w.Code = strings.ToUpper(m[1])
	return len(m[0])
}

// isWord: five small letters are rather a word than a code that somebody typed.
func (w *wish) isWord(s, code string) bool {
	if wishLead.MatchString(s) || wishForEn.MatchString(s) {
		return true
	}
	return strings.ToLower(code) == code && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") == ""
}

func (w *wish) readItem(s string) int {
	if m := wishItem.FindStringSubmatch(s); m != nil && tokenEnds(s, len(m[0])) {
		w.add(strings.ToUpper(m[1]), m[3], m[2] != "")
		w.Plus = true
		return len(m[0])
	}
	if m := wishItem.FindStringSubmatch(s); m != nil && m[4] == "" && nextIsPick(s[len(m[0]):]) { // A2B1
		w.add(strings.ToUpper(m[1]), m[3], m[2] != "")
		w.Plus = true
		return len(m[0])
	}
	if m := wishBack.FindStringSubmatch(s); m != nil && tokenEnds(s, len(m[0])) {
		w.add(strings.ToUpper(m[2]), m[1], false)
		w.Plus = true
		return len(m[0])
	}
	return 0
}

func nextIsPick(s string) bool {
	m := wishItem.FindString(s)
	return m != "" && (tokenEnds(s, len(m)) || nextIsPick(s[len(m):]))
}

func (w *wish) readPlus(s string) int {
	if m := wishPlus.FindStringSubmatch(s); m != nil && tokenEnds(s, len(m[0])) {
		w.add("", m[2], m[1] != "")
		w.Plus, w.Unit = true, w.Unit || m[3] != ""
		return len(m[0])
	}
	if m := wishMinus.FindStringSubmatch(s); m != nil && tokenEnds(s, len(m[0])) {
		w.add("", m[1], true)
		w.Minus, w.Unit = true, w.Unit || m[2] != ""
		return len(m[0])
	}
	return 0
}

func (w *wish) readCount(s string) int {
	m := wishCount.FindStringSubmatch(s)
	if m == nil || !tokenEnds(s, len(m[0])) || !wordEnds(s, len(m[0])) {
		return 0
	}
	w.add("", m[1], false)
	w.Unit = w.Unit || m[2] != "" || strings.HasSuffix(m[1], "打")
	return len(m[0])
}

func (w *wish) add(letter, number string, minus bool) {
	n, kind := quantity(number)
	switch {
	case kind == fraction:
		w.Trouble = "fraction"
	case minus:
		w.Trouble = "negative"
		n = -n
	}
	w.Picks = append(w.Picks, pick{Letter: letter, Qty: n})
}

// alone are the words that mean "one for me" without a number.
var alone = map[string]bool{"参团": true, "跟团": true, "报名": true, "接龙": true, "count me in": true, "i'm in": true, "im in": true, "sign me up": true, "join": true}

// judge finds quantities that contradict each other.
func (w *wish) judge() {
	seen := map[string]bool{}
	for _, p := range w.Picks {
		if seen[p.Letter] || len(w.Picks) > 1 && p.Letter == "" {
			if w.Trouble == "" {
				w.Trouble = "contradiction"
			}
		}
		seen[p.Letter] = true
	}
	w.AllWords = len(w.Rest) == 0
	if len(w.Picks) == 0 && w.AllWords && alone[w.lead] {
		w.Picks = []pick{{Qty: 1}} // 报名, count me in
	}
}

// isOrder reports whether the message asks to take part.
func (w wish) isOrder() bool {
	return len(w.Picks) > 0 && (w.Plus || w.Led || w.Unit || w.Minus && w.AllWords)
}
