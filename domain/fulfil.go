package domain

import (
	"slices"
	"time"
)

// SummaryCommand writes the order summary for the merchant: v1 at the cut-off or when all have paid, later an amendment
// with a diff. Rule: field.md 3.24, design 2.
type SummaryCommand struct {
	Ask   Asked
	Deal  DealID
	Clock bool // the clock's: only if the rule says that it is time
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
	if c.Clock && (d.Summaries > 0 || !b.summaryIsDue()) {
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

// ArriveCommand says that goods are at a pickup point ("" = at every point of the deal).
type ArriveCommand struct {
	Ask   Asked
	Deal  DealID
	Point PointID
}

// Asked is the command's key and speaker.
func (c ArriveCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c ArriveCommand) Kind() string { return "arrive" }

// Needs asks for what arrived before.
func (c ArriveCommand) Needs() Needs { return Needs{AllTeams: true, Arrivals: true} }

// Apply notes the arrival; people are told in a step of its own.
func (c ArriveCommand) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotLeader)
	}
	if d.State != DealFormed && d.State != DealFulfilling {
		return Answer{}, Refuse(CodeConflict, WhyNotFormed)
	}
	for _, t := range b.teams {
		if t.r.State == TeamFormed && !t.r.FannedOut {
			return Answer{}, Refuse(CodeConflict, WhyBusy)
		}
	}
	if i := slices.IndexFunc(b.arrivals, func(a Arrival) bool { return a.Point == c.Point }); i >= 0 {
		return b.answer(DidNothing, nil, nil), nil
	}
	d.State = DealFulfilling
	if d.ArrivedAt.IsZero() {
		d.ArrivedAt = b.Now
	}
	arr := Arrival{Deal: d.ID, Point: c.Point, By: c.Ask.By, At: b.Now}
	b.arrivals = append(b.arrivals, arr)
	b.out.Arrivals = append(b.out.Arrivals, arr)
	b.tellChats(Notice{Kind: NoticeArrivedChat, Urgent: true, Num: map[string]int64{"at": b.Now.UnixMilli()}}, c.Point)
	return b.answer(DidArrive, nil, nil), nil
}

// TellArrived is the clock's: give the next page of people their pickup codes.
type TellArrived struct {
	Deal  DealID
	Limit int
}

// Asked is empty: nobody sends it.
func (c TellArrived) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c TellArrived) Kind() string { return "tell_arrived" }

// Needs asks for a page of confirmed orders.
func (c TellArrived) Needs() Needs { return Needs{Arrived: c.Limit, Arrivals: true} }

// Apply makes orders ready and tells their people. Answer.Count is how many; fewer than Limit means done.
func (c TellArrived) Apply(b *Book) (Answer, error) {
	var n int64
	for _, o := range b.Orders() {
		if o.r.State != OrderConfirmed || !b.hasArrived(o.r.Point) {
			continue
		}
		if err := b.move(o, OrderReady, func(r *OrderRecord) {
			if r.PickupCode == "" {
				r.PickupCode = b.mint.Code(8)
			}
		}); err != nil {
			return Answer{}, err
		}
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeArrived, Order: o.r.ID, Urgent: true}, o.r.ID)
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeStillThere, Order: o.r.ID, Due: b.Now.Add(24 * time.Hour)}, o.r.ID)
		n++
	}
	if b.page.Arrived < c.Limit {
		for i := range b.arrivals {
			if !b.arrivals[i].Done {
				b.arrivals[i].Done = true
				b.out.Arrivals = append(b.out.Arrivals, b.arrivals[i])
			}
		}
	}
	a := b.answer(DidNothing, nil, nil)
	a.Count = n
	return a, nil
}

func (b *Book) hasArrived(p PointID) bool {
	return slices.ContainsFunc(b.arrivals, func(a Arrival) bool { return a.Point == "" || a.Point == p })
}

// CheckOffCommand hands an order out (核销): found by its unguessable code, or by its serial number, in which case the
// verifier sees the name and confirms; above ¥100 the code is asked for. Rules: field.md 3.25, voice.md.
type CheckOffCommand struct {
	Ask       Asked
	Deal      DealID
	Code      string
	Serial    int64
	Lines     []Want    // nil = everything
	Confirmed bool      // the verifier has seen the name
	Points    []PointID // where the verifier stands; nil for leaders: everywhere
	Leader    bool
}

// CodeNeededFrom is the order value in fen from which a serial number alone is not enough.
const CodeNeededFrom = 100_00

// Asked is the command's key and speaker.
func (c CheckOffCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c CheckOffCommand) Kind() string { return "check_off" }

// Needs asks for the order.
func (c CheckOffCommand) Needs() Needs {
	n := Needs{AllTeams: true}
	if c.Code != "" {
		n.Codes = []string{c.Code}
	}
	if c.Serial != 0 {
		n.Serials = []int64{c.Serial}
	}
	return n
}

// Apply hands over once; doing it again changes nothing and says so.
func (c CheckOffCommand) Apply(b *Book) (Answer, error) {
	o, err := c.find(b)
	if err != nil {
		return Answer{}, err
	}
	if o.r.State == OrderReceived {
		return b.answer(DidNothing, o, nil), nil
	}
	if o.r.State != OrderReady && o.r.State != OrderConfirmed {
		return Answer{}, Refuse(CodeConflict, WhyNotReady).WithInt("serial", o.r.Serial)
	}
	if o.r.State == OrderConfirmed && !b.hasArrivedAt(o) {
		return Answer{}, Refuse(CodeConflict, WhyNotReady).WithInt("serial", o.r.Serial)
	}
	took, err := c.take(o)
	if err != nil {
		return Answer{}, err
	}
	all := true
	b.mutate(o, func(r *OrderRecord) {
		r.Lines = slices.Clone(r.Lines)
		for i := range r.Lines {
			for _, w := range took {
				if w.Item == r.Lines[i].Item {
					r.Lines[i].Collected += w.Qty
				}
			}
			all = all && r.Lines[i].Collected >= r.Lines[i].Allocated
		}
	})
	b.out.CheckOffs = append(b.out.CheckOffs, CheckOff{ID: b.mint.ID(), Deal: b.deal.r.ID, Order: o.r.ID, By: c.Ask.By, Lines: took, At: b.Now})
	if all {
		if err := b.move(o, OrderReceived, func(r *OrderRecord) { r.ReceivedAt = b.Now }); err != nil {
			return Answer{}, err
		}
		b.tellOne(o.r.Shopper, Notice{Kind: NoticeReceived, Order: o.r.ID}, o.r.ID, b.Now.UnixMilli())
	}
	a := b.answer(DidCheckOff, o, nil)
	a.Asked, a.Count = took, total(took)
	return a, nil
}

// hasArrivedAt: an order of a deal whose goods are there may be handed out before everybody was told.
func (b *Book) hasArrivedAt(_ *Order) bool { return !b.deal.r.ArrivedAt.IsZero() }

func (c CheckOffCommand) find(b *Book) (*Order, error) {
	if !c.Leader && len(c.Points) == 0 || c.Leader && !b.isLeader(c.Ask.By) {
		return nil, Refuse(CodeForbidden, WhyNotAllowed)
	}
	var o *Order
	for _, x := range b.orders {
		if c.Code != "" && x.r.PickupCode == c.Code {
			o = x
		}
	}
	if c.Code != "" && o == nil {
		return nil, Refuse(CodeNotFound, WhyWrongCode)
	}
	if o == nil {
		o = b.bySerial[c.Serial]
	}
	switch {
	case o == nil:
		return nil, Refuse(CodeNotFound, WhyNoOrder)
	case !c.Leader && !slices.Contains(c.Points, o.r.Point):
		return nil, Refuse(CodeForbidden, WhyNotAllowed).With("field", "point")
	case c.Code == "" && o.r.State != OrderReceived && o.r.Total.Fen() > CodeNeededFrom:
		return nil, Refuse(CodeConflict, WhyNeedCode).WithInt("serial", o.r.Serial)
	}
	return o, nil
}

// take is what is handed out now: all that is left, or the named lines.
func (c CheckOffCommand) take(o *Order) ([]Want, error) {
	var took []Want
	for _, l := range o.r.Lines {
		left := l.Allocated - l.Collected
		if c.Lines == nil {
			if left > 0 {
				took = append(took, Want{Item: l.Item, Qty: left})
			}
			continue
		}
		for _, w := range c.Lines {
			if w.Item != l.Item {
				continue
			}
			if w.Qty < 1 || w.Qty > left {
				return nil, Refuse(CodeInvalid, WhyQuantity).WithInt("max", left)
			}
			took = append(took, w)
		}
	}
	if len(took) == 0 {
		return nil, Refuse(CodeInvalid, WhyUnknownItem)
	}
	return took, nil
}

// UncheckCommand takes a check-off back within minutes.
type UncheckCommand struct {
	Ask    Asked
	Deal   DealID
	Order  OrderID
	Leader bool
}

// Asked is the command's key and speaker.
func (c UncheckCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c UncheckCommand) Kind() string { return "uncheck" }

// Needs asks for the order and its latest check-off.
func (c UncheckCommand) Needs() Needs {
	return Needs{AllTeams: true, Orders: []OrderID{c.Order}, CheckOffs: []OrderID{c.Order}}
}

// Apply undoes the last check-off of the order, by who did it or by the leader.
func (c UncheckCommand) Apply(b *Book) (Answer, error) {
	o, last := b.orders[c.Order], b.checkoffs[c.Order]
	if o == nil || last.ID == "" || !last.UndoneAt.IsZero() || b.Now.Sub(last.At) > UncheckWindow {
		return Answer{}, Refuse(CodeTooLate, WhyNothingToUndo)
	}
	if last.By != c.Ask.By && !b.isLeader(c.Ask.By) {
		return Answer{}, Refuse(CodeForbidden, WhyNotAllowed)
	}
	if o.r.State == OrderReceived {
		if err := b.move(o, OrderReady, func(r *OrderRecord) { r.ReceivedAt = time.Time{} }); err != nil {
			return Answer{}, err
		}
	}
	b.mutate(o, func(r *OrderRecord) {
		r.Lines = slices.Clone(r.Lines)
		for i := range r.Lines {
			for _, w := range last.Lines {
				if w.Item == r.Lines[i].Item {
					r.Lines[i].Collected -= w.Qty
				}
			}
		}
	})
	last.UndoneAt = b.Now
	b.checkoffs[c.Order] = last
	b.out.CheckOffs = append(b.out.CheckOffs, last)
	if b.deal.r.State == DealCompleted {
		b.deal.r.State = DealFulfilling
	}
	return b.answer(DidUncheck, o, nil), nil
}

// CompleteDeal is the clock's: a deal whose every order has been handed out (or closed) is completed.
type CompleteDeal struct{ Deal DealID }

// Asked is empty: nobody sends it.
func (c CompleteDeal) Asked() Asked { return Asked{} }

// Kind names the command in the trail.
func (c CompleteDeal) Kind() string { return "complete_deal" }

// Needs asks for every order.
func (c CompleteDeal) Needs() Needs { return Needs{AllOrders: true, Arrivals: true} }

// Apply completes the deal once nothing is left to hand out.
func (c CompleteDeal) Apply(b *Book) (Answer, error) {
	d := &b.deal.r
	if d.State != DealFulfilling {
		return Answer{Did: DidNothing}, nil
	}
	var people, shares int64
	for _, o := range b.orders {
		switch o.r.State {
		case OrderPlaced, OrderWaiting, OrderAwaiting, OrderConfirmed, OrderReady:
			return Answer{Did: DidNothing}, nil
		case OrderReceived:
			people++
			shares += o.r.Shares
		}
	}
	d.State = DealCompleted
	b.tellChats(Notice{Kind: NoticeCompleted, Num: map[string]int64{"people": people, "shares": shares}})
	b.tellLeaders(Notice{Kind: NoticeCompleted, Num: map[string]int64{"people": people, "shares": shares}})
	return b.answer(DidComplete, nil, nil), nil
}
