package adverts

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// items reads the goods where there are several: lines that begin with a letter and hold a price, lines with a name and a
// price, several such on one line, and lines with nothing but a spec and a price, which are sizes of one thing.
func (r *reader) items() {
	var rest, plainText, sizeText []string
	var lettered, plain, sizes []Item
	for line := range strings.SplitSeq(r.text, "\n") {
		line = postNumber.ReplaceAllString(line, "")
		if m := postItemLine.FindStringSubmatch(line); m != nil {
			if it, ok := r.item(m[2]); ok && it.Name != "" {
				lettered = append(lettered, it)
				continue
			}
		}
		if several, head := r.several(line); len(several) > 1 {
			r.headed(several)
			plain, plainText, rest = append(plain, several...), append(plainText, line), append(rest, head)
			continue
		}
		if several, left := r.inSentences(line); len(several) > 1 {
			plain, rest = append(plain, several...), append(rest, left)
			continue
		}
		it, ok := r.item(line)
		switch {
		case ok && it.Name != "" && !strings.Contains(line, ":"):
			plain, plainText = append(plain, it), append(plainText, line)
		case ok && it.Name == "" && it.Spec != "":
			sizes, sizeText = append(sizes, it), append(sizeText, line)
		default:
			rest = append(rest, line)
		}
	}
	switch {
	case len(lettered) > 0:
		r.d.Items, rest = lettered, slices.Concat(plainText, sizeText, rest)
	case len(plain) > 1:
		r.d.Items, rest = plain, append(sizeText, rest...)
	case len(sizes) > 1:
		r.d.Items, rest = sizes, append(plainText, rest...)
	default:
		rest = nil
	}
	r.d.Items = r.d.Items[:min(len(r.d.Items), MaxItems)]
	if rest != nil {
		r.text = strings.Join(rest, "\n")
	}
}

// several reads goods that stand on one line, perhaps behind a title: 玫瑰 20支 25元 / 百合 10支 30元.
func (r *reader) several(line string) (out []Item, head string) {
	for _, part := range strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' || c == '/' }) {
		if head == "" && len(out) == 0 && !strings.ContainsAny(part, "0123456789") {
			head = part
			continue
		}
		it, ok := r.item(part)
		if !ok || it.Name == "" || postBulk.MatchString(part) {
			return nil, ""
		}
		out = append(out, it)
	}
	return out, head
}

// inSentences reads goods that a sentence names with their prices: 毛笋3块一斤,雷笋8块一斤. What else it says is left.
func (r *reader) inSentences(line string) (items []Item, left string) {
	var other []string
	named, borrowed := 0, false
	for _, part := range sentences(line) {
		head, tail, ok := strings.Cut(part, ":")
		if ok && !strings.ContainsAny(head, "0123456789") && strings.ContainsAny(tail, "0123456789") {
			other, part = append(other, head), tail
		}
		it, ok := r.item(part)
		ok = ok && postMoney.MatchString(part) && !forMore(part) && !postNoGoods.MatchString(it.Name)
		switch {
		case ok && it.Name != "":
			items, named = append(items, it), named+1
		case ok && it.Spec != "" && postPacked.MatchString(it.Spec):
			if len(items) > 0 {
				it.Name = items[len(items)-1].Name
			}
			items = append(items, it)
		case ok && it.Spec == "" && len(other) > 0 && isThing(other[len(other)-1]):
			it.Name = strings.TrimSpace(other[len(other)-1])
			items, other = append(items, it), other[:len(other)-1]
			borrowed = true
		default:
			other = append(other, part)
		}
	}
	if borrowed && named == 0 || len(items) < 2 {
		return nil, ""
	}
	r.spoken = named > 0
	r.headed(items)
	return items, strings.Join(other, ",")
}

// headed: before the first of the goods may stand what they all are: 速冻专区 手抓饼 20片 29.9元.
func (r *reader) headed(items []Item) {
	i := strings.LastIndex(items[0].Name, " ")
	if i < 0 || len(items) < 3 || slices.ContainsFunc(items[1:], func(it Item) bool { return strings.Contains(it.Name, " ") }) {
		return
	}
	head := items[0].Name[:i]
	items[0].Name = items[0].Name[i+1:]
	if !general.MatchString(head) {
		over(&r.d.Title, head)
	}
}

// ofItsOwn: two or more characters of a name, and no mere 一盒.
var ofItsOwn = regexp.MustCompile(`^[^\P{Han}一二两三四五六七八九十半每共]\p{Han}`)

// forMore: several cost so much together, and nothing stands before them that could be another of the goods.
func forMore(part string) bool {
	at := postBulk.FindStringIndex(part)
	if at == nil {
		return false
	}
	before := strings.TrimSpace(part[:at[0]])
	return !ofItsOwn.MatchString(before) || postMoney.MatchString(before)
}

// isThing: words without a number that can be the name of what the next words price.
func isThing(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && !strings.ContainsAny(s, "0123456789 ") && utf8.RuneCountInString(s) <= 8
}

// sentences parts a line at its signs, but not 29.9.
func sentences(line string) []string {
	digit := func(i int) bool { return i >= 0 && i < len(line) && line[i] >= '0' && line[i] <= '9' }
	var out []string
	from := 0
	for i := range len(line) {
		if c := line[i]; c == ',' || c == ';' || c == '.' && (!digit(i-1) || !digit(i+1)) {
			out, from = append(out, line[from:i]), i+1
		}
	}
	return append(out, line[from:])
}

// item reads one line of a list: name, spec, price and what else stands in it. A line with a count, a time or a place is
// rather a description of the whole deal.
func (r *reader) item(line string) (Item, bool) {
	if r.lines++; len(line) > 300 || r.lines > 2*maxLines || !strings.ContainsAny(line, "0123456789") {
		return Item{}, false
	}
	for _, re := range []*regexp.Regexp{postThreshold, postCap, postKindTeam, postHouse} {
		if re.MatchString(line) {
			return Item{}, false
		}
	}
	if _, timed := readWhen(line, r.in.Now); timed {
		return Item{}, false
	}
	sub := &reader{text: " " + line + " ", in: r.in}
	sub.counts()
	sub.prices()
	sub.specs()
	sub.title()
	sub.one.Name, sub.one.Limit = sub.d.Title, sub.d.LimitPerson
	return sub.one, sub.one.Group > 0
}
