package words

// numberedRows finds the numbers of a list that one person typed, 1.馄饨2袋 ⏎ 2.水饺1袋: at least two, counted from 1, each
// where a line or a word begins.
func numberedRows(s []rune) map[int]int {
	out := map[int]int{}
	next := int64(1)
	for i, r := range s {
		if !isDigit(r) || i > 0 && !isSpace(s[i-1]) || next == 1 && i > 0 && s[i-1] != '\n' {
			continue
		}
		n, kind, length := arabic(s, i)
		end := i + length
		if kind != Whole || n != next || length > 2 || !isRowSign(at(s, end)) || isDigit(at(s, end+1)) {
			continue
		}
		out[i] = length + 1
		next++
	}
	if next < 3 {
		return nil
	}
	return out
}

func isRowSign(r rune) bool { return r == '.' || r == ',' || r == ')' || r == ':' }

// numbering skips the number of a line in a numbered list.
func (p *parser) numbering() int { return p.rows[p.i] }
