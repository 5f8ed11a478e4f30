package handlers

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"tuanbot/domain"
)

// What a copy of the program remembers of a deal is how the deal stands in SQL, whoever changed it last and whatever was
// changed without a turn.
func TestARememberedSheetIsTheOneInSQL(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w, other := newWorld(t, p, options{}), newWorld(t, p, options{})
		o := w.post(t, func(terms *domain.DealTerms, item *domain.NewItem) { terms.Point, item.Stock = "gate", 50 })
		first, err := w.Deal(t.Context(), o.deal)
		if err != nil {
			t.Fatal(err)
		}
		code := first.Deal.Code
		for i, step := range []struct {
			name  string
			by    *world
			known bool // the sheet need not be read
			do    func() error
		}{
			{"a join here", w, true, func() error { return joins(w, t, o, "ming", "1", 2) }},
			{"a refusal here", w, true, func() error {
				if err := joins(w, t, o, "ming", "2", 999); domain.AsRefusal(err) == nil {
					return fmt.Errorf("999 of 50: %w", err)
				}
				return nil
			}},
			{"a join elsewhere", other, false, func() error { return joins(other, t, o, "ann", "3", 3) }},
			{"a join here again", w, true, func() error { return joins(w, t, o, "li", "4", 1) }},
			{"a card", w, true, func() error {
				return w.db.InTx(t.Context(), func(tx domain.Tx) error { return tx.SaveCardMessage(t.Context(), o.deal, "chat", "card 7") })
			}},
			{"a change", w, true, func() error {
				ask := o.join("ming", "5", 5)
				return passes(w.Change(t.Context(), domain.ChangeCommand{Ask: ask.Ask, Deal: o.deal, Who: "ming", Wants: ask.Wants}))
			}},
			{"an extension", w, true, func() error {
				return passes(w.Extend(t.Context(), domain.ExtendCommand{
					Ask: domain.Asked{By: "leader"}, Deal: o.deal, To: time.Now().Add(2 * time.Hour).In(time.FixedZone("far away", 8*3600)),
				}))
			}},
			{"a leaving elsewhere", other, false, func() error {
				return passes(other.Leave(t.Context(), domain.LeaveCommand{Ask: o.join("ann", "6", 1).Ask, Deal: o.deal, Who: "ann"}))
			}},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			_, known, err := w.remembered(t.Context(), code)
			if err != nil || known != step.known {
				t.Errorf("after step %d, %s: remembered %v, %v; want %v", i, step.name, known, err, step.known)
			}
			want, err := w.db.DealByCode(t.Context(), code)
			if err != nil {
				t.Fatal(err)
			}
			for _, desk := range []*world{w, other} {
				if got, err := desk.DealByCode(t.Context(), code); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("after %s the sheet is\n%+v, %v; in SQL\n%+v", step.name, got, err, want)
				}
			}
		}
	})
}

func passes(a domain.Answer, err error) error {
	if err == nil && (a.Did == "" || a.Refusal != nil) {
		return fmt.Errorf("nothing was done: %+v %w", a, refusalOf(a))
	}
	return err
}

func refusalOf(a domain.Answer) error {
	if a.Refusal == nil {
		return nil
	}
	return a.Refusal
}

func joins(w *world, t *testing.T, o offer, who, message string, qty int64) error {
	t.Helper()
	return passes(w.Join(t.Context(), o.join(who, message, qty)))
}

// The first look finds no answer; meanwhile another copy takes the same message. It stays one order with one answer.
func TestAMessageTakenElsewhereAfterTheFirstLookIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w, other := newWorld(t, p, options{}), newWorld(t, p, options{})
		o := w.post(t, nil)
		c := o.join("ming", "twin", 2)
		ctx, written := Track(t.Context())
		g := domain.Greeting{Who: domain.Named{Channel: "test", External: "ming"}, Chat: domain.Named{Channel: "test", External: "chat"}, Key: c.Ask.Key}
		if m, err := w.Meet(ctx, g); err != nil || m.Answered {
			t.Fatalf("%+v, %v; want no answer yet", m, err)
		}
		there, err := other.Join(t.Context(), c)
		joined(t, there, err)
		if _, found, err := w.Answered(ctx, c.Ask.Key, c.Ask.Hash); err != nil || found {
			t.Fatalf("answered %v, %v; the first look was a moment ago", found, err)
		}
		here, err := w.Join(ctx, c)
		joined(t, here, err)
		if here.Serial != there.Serial || !written() {
			t.Errorf("serials %d and %d, written %v; want one order that is known to be written", here.Serial, there.Serial, written())
		}
		w.agree(t, o, 2)
		if m, err := w.Meet(t.Context(), g); err != nil || !m.Answered {
			t.Errorf("%+v, %v; want it answered", m, err)
		}
		if e, found, err := w.Answered(t.Context(), c.Ask.Key, c.Ask.Hash); err != nil || !found || e.Answer.Serial != here.Serial {
			t.Errorf("%+v, %v, %v; want the stored answer", e, found, err)
		}
	})
}
