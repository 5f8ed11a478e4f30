package domain

// CloseCommand cuts the deal off now (截团): every team that is still gathering is decided at once.
type CloseCommand struct {
	Ask  Asked
	Deal DealID
}

// Asked is the command's key and speaker.
func (c CloseCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c CloseCommand) Kind() string { return "close" }

// Needs asks for the open teams.
func (c CloseCommand) Needs() Needs { return Needs{ChainTeam: true, OpenTeams: true} }

// Apply closes early.
func (c CloseCommand) Apply(b *Book) (Answer, error) {
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	d := &b.deal.r
	if d.State != DealOpen && d.State != DealScheduled {
		return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(d.State))
	}
	d.State, d.LockedAt = DealOpen, b.Now
	if b.Now.Before(d.Terms.DeadlineAt) {
		d.Terms.DeadlineAt = b.Now
		b.edition(c.Ask.By, "close")
	}
	for _, t := range b.Teams() {
		if !t.r.IsDecided() {
			t.r.DeadlineAt = earlier(t.r.DeadlineAt, b.Now)
			b.decide(t)
		}
	}
	b.settleDeal()
	return b.answer(DidClose, nil, b.chainTeam()), nil
}

// CompleteCommand forms a short team by an explicit decision of its leader or merchant. It is recorded with its kind; no
// people, orders or points are made up. Rule: field.md 3.6.
type CompleteCommand struct {
	Ask  Asked
	Deal DealID
	Team TeamID // "" in a chain
	How  Completion
}

// Asked is the command's key and speaker.
func (c CompleteCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c CompleteCommand) Kind() string { return "complete" }

// Needs asks for the team.
func (c CompleteCommand) Needs() Needs {
	if c.Team == "" {
		return Needs{ChainTeam: true}
	}
	return Needs{Teams: []TeamID{c.Team}}
}

// Apply forms the team with what it has.
func (c CompleteCommand) Apply(b *Book) (Answer, error) {
	if !b.isLeader(c.Ask.By) && !b.isMerchant(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if c.How != CompletionLowered && c.How != CompletionApproved && c.How != CompletionToppedUp {
		return Answer{}, Refuse(CodeInvalid, WhyEdit).With("field", "how")
	}
	t := b.teams[c.Team]
	if c.Team == "" {
		t = b.chainTeam()
	}
	if t == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNoTeam)
	}
	if t.r.State == TeamForming && !b.Now.Before(t.r.DeadlineAt) {
		b.decide(t) // the clock goes first; a leader's grace is for exactly what is still undecided then
	}
	if t.r.IsDecided() || t.r.Counted(b.deal.r.Terms.Pay).Shares == 0 {
		return Answer{}, Refuse(CodeTooLate, WhyDecided).With("state", string(t.r.State))
	}
	used := t.r.Counted(b.deal.r.Terms.Pay).In(t.r.ThresholdUnit)
	b.form(t, c.How, c.Ask.By)
	t.r.ThresholdUsed = used
	b.settleDeal()
	return b.answer(DidComplete, nil, t), nil
}
