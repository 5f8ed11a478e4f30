package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tuanbot/domain"
)

// testVault hashes with a key that only tests know.
type testVault struct{}

func (testVault) Blind(parts ...string) string {
	sum := sha256.Sum256([]byte("test\x00" + strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
func (testVault) Seal(_ string, plain []byte) ([]byte, error) { return plain, nil }
func (testVault) Open(_ string, box []byte) ([]byte, error)   { return box, nil }

// linkWorld is a world whose people can be linked. All names carry a mark of their own, because MariaDB is shared.
type linkWorld struct {
	*world
	mark string
	n    int
}

func newLinkWorld(t *testing.T, p place) *linkWorld {
	t.Helper()
	w := &linkWorld{world: newWorld(t, p, options{}), mark: Mint{}.ID()}
	w.c.Vault = testVault{}
	return w
}

func (w *linkWorld) ask(by domain.AccountID) domain.Asked {
	w.n++
	m := fmt.Sprintf("%s/%d", w.mark, w.n)
	return domain.Asked{Key: domain.EventKey{Channel: "test", Message: m}, Hash: m, By: by, Lang: domain.Chinese}
}

func (w *linkWorld) person(t *testing.T, channel, name, union string) domain.Account {
	t.Helper()
	a, err := w.Person(t.Context(), PersonCommand{Community: "home", Channel: channel, External: w.mark + name, Name: name, Union: union})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *linkWorld) code(t *testing.T, who domain.Account, channel, name string) string {
	t.Helper()
	code, a, err := w.LinkCode(t.Context(), LinkCodeCommand{Ask: w.ask(who.ID), Channel: channel, External: w.mark + name})
	if err != nil || a.Did != domain.DidLinkCode {
		t.Fatal(a, err)
	}
	return code
}

func (w *linkWorld) link(t *testing.T, who domain.Account, channel, name, code string) domain.Answer {
	t.Helper()
	a, err := w.Link(t.Context(), LinkCommand{Ask: w.ask(who.ID), Code: code, Channel: channel, External: w.mark + name})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestLinkedAccountsCountTogether: what one account has ordered counts for the other from the moment they are linked, goes on
// under the same number, and takes one seat.
func TestLinkedAccountsCountTogether(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		o := w.post(t, func(terms *domain.DealTerms, _ *domain.NewItem) {
			terms.LimitPerson, terms.Cap, terms.CapUnit = 3, 2, domain.UnitPeople
		})
		web, chat := w.person(t, "web", "小明", ""), w.person(t, "wechat", "Ming", "")
		a, err := w.Join(t.Context(), o.join(string(web.ID), w.mark+"1", 2))
		joined(t, a, err)
		if a := w.link(t, chat, "wechat", "Ming", w.code(t, web, "web", "小明")); a.Did != domain.DidLink {
			t.Fatal(a)
		}
		both := w.person(t, "wechat", "Ming", "")
		if both.ID != web.ID || both.Name != "小明" || !both.Is(chat.ID) {
			t.Fatalf("who speaks is %+v, want the account of %s", both, web.ID)
		}
		// by the old account's id, as a command that was under way would
		more := o.join(string(chat.ID), w.mark+"2", 2)
		more.Sure = true
		a, err = w.Join(t.Context(), more)
		refusedWith(t, a, err, domain.WhyLimitPerson)
		a, err = w.Join(t.Context(), o.join(string(chat.ID), w.mark+"3", 1))
		joined(t, a, err)
		if a.Serial != 1 || a.Live.People != 1 || a.Shares != 3 {
			t.Fatalf("number %d, %d people, %d shares; want one order of one person", a.Serial, a.Live.People, a.Shares)
		}
		if orders, err := w.OrdersOf(t.Context(), chat.ID, 10); err != nil || len(orders) != 1 {
			t.Fatal(orders, err)
		}
		w.agree(t, o, 3)
	})
}

// TestOverTheLimitIsFlaggedNotUndone: two accounts that together hold too much keep it, and the leader hears of it once.
func TestOverTheLimitIsFlaggedNotUndone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		o := w.post(t, func(terms *domain.DealTerms, _ *domain.NewItem) { terms.LimitPerson = 2 })
		one, two := w.person(t, "web", "one", ""), w.person(t, "telegram", "two", "")
		for i, who := range []domain.Account{one, two} {
			a, err := w.Join(t.Context(), o.join(string(who.ID), fmt.Sprint(w.mark, i), 2))
			joined(t, a, err)
		}
		w.link(t, two, "telegram", "two", w.code(t, one, "web", "one"))
		w.agree(t, o, 4)
		var notes int
		err := p.raw(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM outbox WHERE deal = ? AND kind = ?", string(o.deal), string(domain.NoticeLeaderNote)).Scan(&notes)
		if err != nil || notes != 1 {
			t.Fatal("notes to the leader:", notes, err)
		}
		a, err := w.Join(t.Context(), o.join(string(one.ID), w.mark+"more", 1))
		refusedWith(t, a, err, domain.WhyLimitPerson)
	})
}

// TestACodeIsGoodOnce: the same message gets the same code, nobody can read it in the database, and it works one time.
func TestACodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		one, two, three := w.person(t, "web", "one", ""), w.person(t, "telegram", "two", ""), w.person(t, "wechat", "three", "")
		c := LinkCodeCommand{Ask: w.ask(one.ID), Channel: "web", External: w.mark + "one"}
		code, _, err := w.LinkCode(t.Context(), c)
		again, _, err2 := w.LinkCode(t.Context(), c)
		if err != nil || err2 != nil || code != again || !regexp.MustCompile(`^\d{6}[A-Z]$`).MatchString(code) {
			t.Fatal(code, again, err, err2)
		}
		var hash string
		if err := p.raw(t).QueryRowContext(t.Context(), "SELECT hash FROM link_codes WHERE account = ?", string(one.ID)).Scan(&hash); err != nil || strings.Contains(hash, code) {
			t.Fatal(hash, err)
		}
		if a := w.link(t, one, "web", "one", code); a.Refusal == nil || a.Refusal.Why != domain.WhyLinkOwn {
			t.Fatal("one's own code:", a)
		}
		if a := w.link(t, two, "telegram", "two", strings.ToLower(code[:3]+" "+code[3:])); a.Did != domain.DidLink {
			t.Fatal("a code as people type it:", a)
		}
		if a := w.link(t, three, "wechat", "three", code); a.Refusal == nil || a.Refusal.Why != domain.WhyLinkCode {
			t.Fatal("a used code:", a)
		}
	})
}

// TestTwoLinksAtOnceMakeNoLoop: two people who type each other's codes at the same moment end as one, not as a circle.
func TestTwoLinksAtOnceMakeNoLoop(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w, other := newLinkWorld(t, p), newLinkWorld(t, p)
		other.mark = w.mark
		one, two := w.person(t, "web", "one", ""), w.person(t, "telegram", "two", "")
		codes := []string{w.code(t, one, "web", "one"), w.code(t, two, "telegram", "two")}
		asks := []LinkCommand{
			{Ask: w.ask(one.ID), Code: codes[1], Channel: "web", External: w.mark + "one"},
			{Ask: w.ask(two.ID), Code: codes[0], Channel: "telegram", External: w.mark + "two"},
		}
		desks := []*Desk{w.Desk, other.Desk}
		heard := together(2, func(i int) (domain.Answer, error) { return desks[i].Link(t.Context(), asks[i]) })
		done := 0
		for _, h := range heard {
			if h.err != nil {
				t.Fatal(h.err)
			}
			if h.answer.Did == domain.DidLink {
				done++
			}
		}
		a, b := w.person(t, "web", "one", ""), w.person(t, "telegram", "two", "")
		if done != 1 || a.ID != b.ID {
			t.Fatalf("%d links; web is %s, telegram %s", done, a.ID, b.ID)
		}
	})
}

// TestUnionIsOnePerson: a platform's union makes two identities one, whenever it becomes known, unless the person took one out.
func TestUnionIsOnePerson(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		union := "family/" + w.mark
		first := w.person(t, "official", "ming", union)
		if second := w.person(t, "work", "ming", union); second.ID != first.ID {
			t.Fatal("first contact with a known union:", second.ID)
		}
		later := w.person(t, "program", "ming", "")
		if later.ID == first.ID {
			t.Fatal("a stranger is somebody")
		}
		if now := w.person(t, "program", "ming", union); now.ID != first.ID || !now.Is(later.ID) {
			t.Fatalf("a union that became known later: %+v", now)
		}
		w.person(t, "program", "ming", union)
		var told int
		err := p.raw(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM outbox WHERE account = ? AND kind = ?", string(first.ID), string(domain.NoticeLinked)).Scan(&told)
		if err != nil || told != 2 {
			t.Fatal("they are told once of each:", told, err)
		}
		a, err := w.Unlink(t.Context(), UnlinkCommand{Ask: w.ask(first.ID), Channel: "work", External: w.mark + "ming"})
		if err != nil || a.Did != domain.DidUnlink {
			t.Fatal(a, err)
		}
		if out := w.person(t, "work", "ming", union); out.ID == first.ID {
			t.Fatal("who was taken out came back by the union")
		}
		if still := w.person(t, "official", "ming", union); still.ID != first.ID {
			t.Fatal("the others stay")
		}
	})
}

// TestWhoLeavesOneChannelStaysOnTheOther: an identity that left is forgotten, the person is not.
func TestWhoLeavesOneChannelStaysOnTheOther(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		one, two := w.person(t, "web", "one", ""), w.person(t, "wechat", "two", "")
		w.link(t, two, "wechat", "two", w.code(t, one, "web", "one"))
		if err := w.Gone(t.Context(), "wechat", w.mark+"two"); err != nil {
			t.Fatal(err)
		}
		ids, err := w.IdentitiesOf(t.Context(), one.ID)
		if err != nil || len(ids) != 1 || ids[0].Channel != "web" {
			t.Fatal(ids, err)
		}
		if back := w.person(t, "wechat", "two", ""); back.ID == one.ID {
			t.Fatal("who comes back is a stranger")
		}
		if err := w.Gone(t.Context(), "web", w.mark+"one"); err != nil {
			t.Fatal(err)
		}
		if a, err := w.Account(t.Context(), one.ID); err != nil || a.Kind != domain.AccountErased || a.Name != "" {
			t.Fatal("the last identity takes the data with it:", a, err)
		}
	})
}

// TestASeenIdentityMovesUp: whoever is linked is told where they were heard of last, also on the channel of the account that
// leads to the other.
func TestASeenIdentityMovesUp(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		one, two := w.person(t, "web", "one", ""), w.person(t, "telegram", "two", "")
		w.link(t, two, "telegram", "two", w.code(t, one, "web", "one"))
		for i, channel := range []string{"telegram", "web", "telegram"} {
			name := map[string]string{"telegram": "two", "web": "one"}[channel]
			at := time.Now().Add(time.Duration(i+1) * time.Minute)
			err := w.db.InTx(t.Context(), func(tx domain.Tx) error { return tx.SeeIdentity(t.Context(), channel, w.mark+name, at) })
			ids, err2 := w.IdentitiesOf(t.Context(), one.ID)
			if err != nil || err2 != nil || len(ids) != 2 || ids[0].Channel != channel {
				t.Fatal(channel, ids, err, err2)
			}
		}
	})
}

// TestTwoChatsTakeTheLastSeats: people of two chats of two copies of the program race for what is left; stock and count are
// common, each order keeps its chat.
func TestTwoChatsTakeTheLastSeats(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w, other := newLinkWorld(t, p), newLinkWorld(t, p)
		const seats = 7
		o := w.post(t, func(terms *domain.DealTerms, item *domain.NewItem) {
			terms.Cap, terms.CapUnit = seats, domain.UnitShares
			item.Stock = seats
		})
		chats := []domain.ChatID{"chat", domain.ChatID("second-" + w.mark)}
		desks := []*Desk{w.Desk, other.Desk}
		heard := together(40, func(i int) (domain.Answer, error) {
			c := o.join(fmt.Sprintf("%s-%d", w.mark, i), fmt.Sprint(w.mark, i), 1)
			c.Ask.Chat = chats[i%2]
			return desks[i%2].Join(t.Context(), c)
		})
		in := map[domain.ChatID]int64{}
		for i, h := range heard {
			switch {
			case h.err != nil:
				t.Fatal(h.err)
			case h.answer.Did == domain.DidJoin:
				in[chats[i%2]]++
			case h.answer.Refusal == nil || h.answer.Refusal.Code != domain.CodeFull && h.answer.Refusal.Why != domain.WhyClosed:
				t.Fatalf("%+v", h.answer)
			}
		}
		if in[chats[0]]+in[chats[1]] != seats {
			t.Fatalf("seats taken by chat: %v, want %d in all", in, seats)
		}
		w.agree(t, o, seats)
		counts, err := w.ChatShares(t.Context(), o.deal)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			if c.Shares != in[c.Chat] || c.People != in[c.Chat] {
				t.Errorf("chat %s has %+v, its people heard of %d", c.Chat, c, in[c.Chat])
			}
		}
	})
}

// TestUndoingTakesNoSecondSeat: who left by one account and came back by the other has a place; taking the leaving back would give
// one person two, also beyond the cap.
func TestUndoingTakesNoSecondSeat(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		t.Helper()
		w := newLinkWorld(t, p)
		o := w.post(t, func(terms *domain.DealTerms, _ *domain.NewItem) {
			terms.Cap, terms.CapUnit, terms.Threshold, terms.ThresholdUnit = 2, domain.UnitPeople, 50, domain.UnitShares
		})
		web, chat := w.person(t, "web", "小明", ""), w.person(t, "wechat", "Ming", "")
		a, err := w.Join(t.Context(), o.join(string(chat.ID), w.mark+"1", 1))
		joined(t, a, err)
		left := a.Order
		if a, err := w.Leave(t.Context(), domain.LeaveCommand{Ask: w.ask(chat.ID), Deal: o.deal, Who: chat.ID}); err != nil || a.Did != domain.DidLeave {
			t.Fatal(a, err)
		}
		if a := w.link(t, chat, "wechat", "Ming", w.code(t, web, "web", "小明")); a.Did != domain.DidLink {
			t.Fatal(a)
		}
		for _, who := range []string{string(web.ID), "neighbour" + w.mark} {
			a, err = w.Join(t.Context(), o.join(who, w.mark+who, 1))
			joined(t, a, err)
		}
		a, err = w.Undo(t.Context(), domain.UndoCommand{Ask: w.ask(web.ID), Deal: o.deal, Who: web.ID, Order: left})
		refusedWith(t, a, err, domain.WhyNothingToUndo)
		w.agree(t, o, 2)
	})
}
