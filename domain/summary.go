package domain

import (
	"slices"
)

// SummaryCommand writes the order summary for the merchant: v1 at the cut-off or when all have paid, later an amendment
// with a diff. Rule: field.md 3.24, design 2.
type SummaryCommand struct {
	Ask   Asked
	Deal  DealID
	Clock bool // the clock's: only if the rule says that it is time; nobody is asked who they are
}

// Asked is the command's key and speaker.
func (c SummaryCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c SummaryCommand) Kind() string { return "summary" }

// Needs asks for every order.
func (c SummaryCommand) Needs() Needs {
	return Needs{AllTeams: true, AllOrders: true, Summaries: true, Buildings: true}
}

// Apply writes the next version if anything changed since the last.
func (c SummaryCommand) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if !c.Clock && !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if d.State != DealFormed && d.State != DealFulfilling {
		return Answer{}, Refuse(CodeConflict, WhyNotFormed)
	}
	if c.Clock && !b.summaryIsDue() {
		return b.answer(DidNothing, nil, nil), nil
	}
	sheet := b.sheet()
	var last *SummaryRecord
	if n := len(b.summaries); n > 0 {
		last = &b.summaries[n-1]
		sheet.Diff = diffSheets(last.Sheet, sheet)
		if len(sheet.Diff) == 0 {
			a := b.answer(DidNothing, nil, nil)
			a.Token, a.Count = last.Token, last.Number
			return a, nil
		}
	}
	return b.sendSummary(sheet), nil
}

func (b *Book) sendSummary(sheet Sheet) Answer {
	d := &b.deal.r
	d.Summaries++
	to := d.Terms.Merchant
	if to == "" {
		to = d.OpenedBy
	}
	s := SummaryRecord{ID: SummaryID(b.mint.ID()), Deal: d.ID, Number: d.Summaries, Token: b.mint.Token(), Merchant: to, Sheet: sheet, CreatedAt: b.Now}
	b.out.Summaries = append(b.out.Summaries, s)
	b.tellOne(to, Notice{Kind: NoticeSummary, Summary: s.ID, Urgent: true}, s.ID)
	if to != d.OpenedBy {
		b.tellLeaders(Notice{Kind: NoticeSummaryLate, Summary: s.ID, Due: b.Now.Add(SummaryPatience)}, s.ID)
	}
	a := b.answer(DidSummary, nil, nil)
	a.Token, a.Count, a.Shares = s.Token, s.Number, sheet.Shares
	return a
}

// summaryIsDue: at_join and offline at the cut-off; after_formed when all have paid or every window has ended.
func (b *Book) summaryIsDue() bool {
	for _, t := range b.teams {
		if !t.r.IsDecided() || (t.r.State == TeamFormed && !t.r.FannedOut) {
			return false
		}
	}
	for _, o := range b.orders {
		if o.r.State == OrderAwaiting || (o.r.State == OrderPlaced && b.teamState(o) == TeamFormed) {
			return false
		}
	}
	return true
}

func (b *Book) teamState(o *Order) TeamState {
	if t := b.teams[o.r.Team]; t != nil {
		return t.r.State
	}
	return ""
}

// sheet sums what the merchant has to bring: orders of formed teams that are confirmed. Cancelled lines never appear.
func (b *Book) sheet() Sheet {
	var s Sheet
	people := map[AccountID]bool{}
	for _, it := range b.items {
		row := SheetItem{Item: it.r.ID, Letter: it.r.Letter, Name: it.r.Name, Spec: it.r.Spec, Unit: it.r.Unit, Points: map[string]int64{}, Buildings: map[string]int64{}}
		for _, o := range b.Orders() {
			if !goesOut(o.r.State) {
				continue
			}
			for _, l := range o.r.Lines {
				if l.Item != it.r.ID || l.Ordered == 0 {
					continue
				}
				people[o.r.Shopper] = true
				row.Qty += l.Ordered
				row.Points[string(o.r.Point)] += l.Ordered
				row.Buildings[b.buildings[o.r.Household]] += l.Ordered
				row.Serials = append(row.Serials, o.r.Serial)
			}
		}
		row.SupplyFen = it.r.Supply.Fen() * row.Qty
		s.Shares += row.Qty
		s.Items = append(s.Items, row)
	}
	for _, o := range b.orders {
		if goesOut(o.r.State) && o.r.Pay != PayFull {
			s.Unpaid++
		}
		if goesOut(o.r.State) && o.r.Note != "" {
			s.Notes++
		}
	}
	s.People = int64(len(people))
	return s
}

func goesOut(s OrderState) bool {
	return s == OrderConfirmed || s == OrderReady || s == OrderReceived
}

func diffSheets(old, now Sheet) []SheetDiff {
	var ds []SheetDiff
	for _, it := range now.Items {
		i := slices.IndexFunc(old.Items, func(x SheetItem) bool { return x.Item == it.Item })
		var before int64
		if i >= 0 {
			before = old.Items[i].Qty
		}
		if before != it.Qty {
			ds = append(ds, SheetDiff{Letter: it.Letter, Name: it.Name, Before: before, After: it.Qty})
		}
	}
	return ds
}

// AnswerSummaryCommand is the merchant's: got it, there is a problem, or (leader) the link is to be shut.
type AnswerSummaryCommand struct {
	Ask     Asked
	Deal    DealID
	Token   string
	Problem string
	Revoke  bool
}

// Asked is the command's key and speaker.
func (c AnswerSummaryCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c AnswerSummaryCommand) Kind() string { return "answer_summary" }

// Needs asks for the summary.
func (c AnswerSummaryCommand) Needs() Needs {
	return Needs{Summaries: true, SummaryTokens: []string{c.Token}}
}

// Apply records the answer; who holds the link may answer, which is what the link is for.
func (c AnswerSummaryCommand) Apply(b *Book) (Answer, error) {
	i := slices.IndexFunc(b.summaries, func(s SummaryRecord) bool { return s.Token == c.Token })
	if i < 0 || c.Token == "" || !b.summaries[i].RevokedAt.IsZero() {
		return Answer{}, Refuse(CodeNotFound, WhyLink)
	}
	s := b.summaries[i]
	did, code := DidAcknowledge, int64(0)
	switch {
	case c.Revoke:
		if !b.isLeader(c.Ask.By) {
			return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
		}
		s.RevokedAt, did = b.Now, DidRevoke
	case c.Problem != "":
		s.Problem, did, code = c.Problem, DidProblem, 1
	case !s.AckAt.IsZero():
		return b.answer(DidNothing, nil, nil), nil
	default:
		s.AckAt, s.AckBy = b.Now, c.Ask.By
	}
	b.summaries[i] = s
	b.out.Summaries = append(b.out.Summaries, s)
	if did != DidRevoke {
		b.tellLeaders(Notice{Kind: NoticeSummaryAnswer, Summary: s.ID, Num: map[string]int64{"problem": code}}, s.ID, string(did), b.deal.r.Version)
	}
	a := b.answer(did, nil, nil)
	a.Token, a.Count, a.Reason = s.Token, s.Number, c.Problem
	return a, nil
}
