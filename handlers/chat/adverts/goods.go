package adverts

import (
	"regexp"
	"slices"
	"strings"
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
		if several := r.several(line); len(several) > 1 {
			plain, plainText = append(plain, several...), append(plainText, line)
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

// several reads goods that stand on one line: 玫瑰 20支 25元 / 百合 10支 30元.
func (r *reader) several(line string) []Item {
	var out []Item
	for _, part := range strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' || c == '/' }) {
		it, ok := r.item(part)
		if !ok || it.Name == "" || postBulk.MatchString(part) {
			return nil
		}
		out = append(out, it)
	}
	return out
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
