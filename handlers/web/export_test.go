package web

// Patterns are all routes, for tests that must not forget one.
func (p *Pages) Patterns() []string {
	var out []string
	for _, r := range p.routes() {
		out = append(out, r.pattern)
	}
	return out
}
