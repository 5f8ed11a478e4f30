package words

// Address finds the first home that a text names, 3栋502, 5-301, and where it stands, in bytes. A building alone, 8栋大刘,
// counts only at the beginning.
func Address(text string) (h Home, from, to int, ok bool) {
	s := sameLength(text)
	for i := range s {
		if isDigit(at(s, i-1)) || isLatin(at(s, i-1)) || at(s, i-1) == '-' {
			continue
		}
		if h, n := scanHome(s, i); n > 0 {
			from, to = byteOffsets(text, i, i+n)
			return h, from, to, true
		}
	}
	p := parser{s: s}
	if h, n := p.buildingOnly(0); n > 0 && n < len(s) {
		from, to = byteOffsets(text, 0, n)
		return h, from, to, true
	}
	return Home{}, 0, 0, false
}

// UnitLen is the length in bytes of the unit that a text begins with; 0 when it begins with none.
func UnitLen(text string) int {
	s := sameLength(text)
	n := unitAt(s, 0)
	if n == 0 {
		return 0
	}
	_, to := byteOffsets(text, 0, n)
	return to
}
