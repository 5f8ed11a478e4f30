package adverts

// Work is how much reading a text takes: looks for goods, each of which is bounded.
func Work(text string, in Setting) int {
	r := &reader{in: in}
	r.read(text)
	return r.lines
}
