package chains

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tuanbot/handlers/chat/words"
)

// numbered reads the number before an entry, 12. 12, (12) ① 12号, and where the entry begins.
func numbered(l string) (n, from int, ok bool) {
	first, size := utf8.DecodeRuneInString(l)
	if first >= '①' && first <= '⑳' {
		return int(first-'①') + 1, size, true
	}
	open := first == '('
	i := 0
	if open {
		i = 1
	}
	start := i
	for i < len(l) && l[i] >= '0' && l[i] <= '9' && i-start < 3 {
		n = n*10 + int(l[i]-'0')
		i++
	}
	if i == start || n == 0 {
		return 0, 0, false
	}
	after, size := utf8.DecodeRuneInString(l[i:])
	switch {
	case open:
		return n, i + 1, after == ')'
	case after == '.' || after == ',' || after == ')' || after == ':':
		i += size
	case after == '号':
		rest := l[i+size:]
		next, _ := utf8.DecodeRuneInString(rest)
		if next == '楼' || next == '院' || next == '线' {
			return 0, 0, false
		}
		i += size
	default:
		return 0, 0, false
	}
	return n, i, true
}

// loose reads a number without any sign after it, 1小明3杯, where that number is next.
func loose(l string, next int) (from int, ok bool) {
	n, i := 0, 0
	if l == "" {
		return 0, false
	}
	for i < len(l) && l[i] >= '0' && l[i] <= '9' && i < 3 {
		n = n*10 + int(l[i]-'0')
		i++
	}
	rest := strings.TrimLeft(l[i:], " ")
	r, _ := utf8.DecodeRuneInString(rest)
	starts := unicode.IsLetter(r) || r > 0x2600 || strings.ContainsRune("~@_", r) || l[0] == '0' && len(rest) < len(l)-i && unicode.IsDigit(r)
	if i == 0 || n != next || !starts || words.UnitLen(rest) > 0 || strings.ContainsRune("栋幢座号单月日点年", r) {
		return 0, false
	}
	return i, true
}

// decimal: 29.9 at the beginning of a line is a price, unless that number is just due.
func decimal(l string, n, from, next int) bool {
	return from < len(l) && l[from-1] == '.' && l[from] >= '0' && l[from] <= '9' && n != next
}

// unfold gives a chain whose line breaks were lost its lines back: 1. 小明 2 2. 王姐 1.
func unfold(lines []string) []string {
	if len(lines) > 3 {
		return lines
	}
	var out []string
	for _, l := range lines {
		out = append(out, breakUp(l)...)
	}
	return out
}

// breakUp cuts a line before 1. 2. 3. if at least two of them stand in it in that order.
func breakUp(l string) []string {
	var cuts []int
	next := 1
	for i := 0; i < len(l); i++ {
		if i > 0 && l[i-1] != ' ' && l[i-1] != ',' && l[i-1] != ';' && l[i-1] != ':' {
			continue
		}
		if n, from, ok := numbered(l[i:]); ok && n == next && (n > 1 || len(cuts) == 0) && !decimal(l[i:], n, from, 0) {
			cuts, next = append(cuts, i), next+1
			i += from - 1
		}
	}
	if len(cuts) < 2 {
		return []string{l}
	}
	var out []string
	if head := strings.TrimSpace(l[:cuts[0]]); head != "" {
		out = append(out, head, "")
	}
	for k, from := range cuts {
		to := len(l)
		if k+1 < len(cuts) {
			to = cuts[k+1]
		}
		out = append(out, strings.TrimRight(l[from:to], " ,;"))
	}
	return out
}

// cut parts what stands above the list from the list.
func (r *reader) cut(lines []string, titled bool) (title []string, list []raw) {
	start := begins(lines)
	switch {
	case start >= 0:
		return lines[:start], r.join(lines[start:])
	case titled && r.loosely(lines) >= 0:
		start = r.loosely(lines)
		return lines[:start], r.join(lines[start:])
	case titled:
		if title, list = r.oneLine(lines); len(list) > 1 {
			return title, list
		}
		return r.bare(lines)
	}
	return lines, nil
}

// loosely is where a list begins whose numbers have no sign: 1 小明 or 01 小明, and below it the 2; -1 when there is none.
func (r *reader) loosely(lines []string) int {
	first := -1
	for i, l := range lines {
		switch l = strings.TrimSpace(l); {
		case l == "":
		case first >= 0:
			if _, ok := loose(l, 2); ok {
				return first
			}
			first = -1
			fallthrough
		default:
			if _, ok := loose(l, 1); ok {
				first = i
			}
		}
	}
	return -1
}

// begins is where the list begins: at the last number 1 with something else before it, since rules may be numbered, too.
func begins(lines []string) int {
	start, lowest := -1, -1
	for i, l := range lines {
		n, from, ok := numbered(strings.TrimSpace(l))
		if !ok || decimal(strings.TrimSpace(l), n, from, 1) {
			continue
		}
		if lowest < 0 {
			lowest = i
		}
		if n != 1 {
			continue
		}
		if start < 0 {
			start = i
			continue
		}
		if _, _, before := numbered(strings.TrimSpace(lines[i-1])); !before {
			start = i
		}
	}
	if start < 0 {
		return lowest
	}
	return start
}

// join puts broken lines together again.
func (r *reader) join(lines []string) []raw {
	var out []raw
	next := 1
	blank, goes := false, false // goes: the line before was the rest of an entry
	for _, l := range lines {
		l = cutRunes(strings.TrimSpace(l), maxLine)
		if l == "" {
			blank = true
			continue
		}
		n, from, ok := numbered(l)
		if ok && decimal(l, n, from, next) {
			ok = false
		}
		if !ok {
			if at, is := loose(l, next); is {
				n, from, ok = next, at, true
			}
		}
		went := goes
		goes = false
		switch {
		case ok && len(out) < MaxEntries:
			out = append(out, raw{number: n, text: cutRunes(strings.TrimSpace(l[from:]), maxLine)})
			next = n + 1
		case ok:
		case len(out) > 0 && (r.goesOn(out[len(out)-1].text, l) || went && r.wants(l, false).ok):
			goes = true
			last := &out[len(out)-1]
			last.text = cutRunes(strings.TrimSpace(last.text+" "+l), maxLine)
		case !blank && len(out) < MaxEntries && r.isEntry(l):
			out = append(out, raw{number: next, text: cutRunes(l, maxLine)})
			next++
		}
		blank = false
	}
	return compact(out)
}

// compact drops numbers behind which nothing was written yet.
func compact(in []raw) []raw {
	var out []raw
	for _, e := range in {
		if e.text != "" {
			out = append(out, e)
		}
	}
	return out
}

// goesOn reports whether a line is the rest of the entry before it.
func (r *reader) goesOn(entry, l string) bool {
	if r.work > mostWork {
		return false
	}
	e := r.entry(raw{text: entry})
	return (e.Doubt == NoQty || e.Text == "") && r.wants(l, false).ok
}

// isEntry: a line without a number with a name and a quantity.
func (r *reader) isEntry(l string) bool {
	if r.work > mostWork {
		return false
	}
	e := r.entry(raw{text: l})
	return e.Doubt == NoDoubt && len(e.Parts) > 0 && e.Name != ""
}

// oneLine reads 粽子接龙:小明2份,王姐1份.
func (r *reader) oneLine(lines []string) (title []string, list []raw) {
	for i, l := range lines {
		head, rest, ok := strings.Cut(l, ":")
		if !ok || !r.speaksOfList([]string{head}) {
			continue
		}
		next := 1
		for part := range strings.FieldsFuncSeq(rest, func(c rune) bool { return c == ',' || c == ';' }) {
			part = cutRunes(strings.TrimSpace(part), maxLine)
			if at, is := loose(part, next); is {
				part = strings.TrimSpace(part[at:])
			}
			if part == "" || len(list) >= MaxEntries {
				continue
			}
			if len(list) > 0 && r.wants(part, false).ok {
				list[len(list)-1].text += "," + part
				continue
			}
			list = append(list, raw{number: next, text: cutRunes(part, maxLine)})
			next++
		}
		title = append(title, lines[:i]...)
		return append(title, head), list
	}
	return nil, nil
}

// bare reads lines without numbers below a header.
func (r *reader) bare(lines []string) (title []string, list []raw) {
	for _, l := range lines {
		l = cutRunes(strings.TrimSpace(l), maxLine)
		if l == "" {
			continue
		}
		if len(list) < MaxEntries && r.isEntry(l) {
			list = append(list, raw{number: len(list) + 1, text: cutRunes(l, maxLine)})
			continue
		}
		if len(list) == 0 {
			title = append(title, l)
		}
		if len(title) > 2*maxTitle {
			return nil, nil // so much talk is no title
		}
	}
	return title, list
}
