package say_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/notify/say"
)

// rewrite is a flag of the test binary: go test ./notify/say -update.
func rewrite() bool { return flag.Lookup("update").Value.String() == "true" }

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the golden files")
	flag.Parse()
	os.Exit(m.Run())
}

func shanghai() *time.Location { return time.FixedZone("CST", 8*3600) }

// now is Friday, 1 May 2026, 15:00 in the community.
func now() time.Time { return time.Date(2026, 5, 1, 15, 0, 0, 0, shanghai()) }

func voice(lang domain.Lang) say.Voice {
	return say.Voice{Lang: lang, Zone: shanghai(), Now: now(), BaseURL: "https://tuan.example"}
}

func yuan(fen int64) money.Amount { return money.Yuan(fen) }

func evening() time.Time  { return now().Add(5 * time.Hour) }
func tomorrow() time.Time { return now().Add(21 * time.Hour) }

func grapes(lang domain.Lang) domain.ItemRecord {
	it := domain.ItemRecord{ID: "i1", Letter: "A", Name: "阳光玫瑰", Spec: "2 斤装", Unit: "份", Group: yuan(2990), Solo: yuan(4900), Stock: -1}
	if lang == domain.English {
		it.Name, it.Spec = "Shine Muscat", "1 kg"
	}
	return it
}

func berries(lang domain.Lang) domain.ItemRecord {
	it := domain.ItemRecord{ID: "i2", Letter: "B", Name: "草莓", Unit: "盒", Group: yuan(1500), Stock: 20, Held: 17}
	if lang == domain.English {
		it.Name = "Strawberries"
	}
	return it
}

// chain is an open chain deal that lacks three shares.
func chain(lang domain.Lang) domain.DealSheet {
	t := domain.TeamRecord{
		ID: "t1", Deal: "d1", Number: 1, State: domain.TeamForming, DeadlineAt: evening(), Threshold: 20, ThresholdUnit: domain.UnitShares, Cap: 50, CapUnit: domain.UnitShares,
		Live: domain.Counts{People: 12, Shares: 17, Goods: yuan(50830)}, Paid: domain.Counts{Goods: yuan(0)},
	}
	d := domain.DealRecord{ID: "d1", Code: "D7KQ2", State: domain.DealOpen, Currency: money.CNY, Version: 9, OpenTeams: 1, Terms: domain.DealTerms{
		Kind: domain.KindChain, Title: "阳光玫瑰", Icon: "🍇", Pay: domain.PayAfterFormed, Threshold: 20, ThresholdUnit: domain.UnitShares, CapUnit: domain.UnitShares,
		DeadlineAt: evening(), Fulfilment: domain.FulfilPickup, PickupTime: "周六 10:00-12:00",
	}}
	if lang == domain.English {
		d.Terms.Title, d.Terms.PickupTime = "Shine Muscat", "Sat 10:00-12:00"
	}
	return domain.DealSheet{Deal: d, Items: []domain.ItemRecord{grapes(lang)}, Teams: []domain.TeamRecord{t}}
}

func several(lang domain.Lang) domain.DealSheet {
	s := chain(lang)
	s.Items = append(s.Items, berries(lang))
	return s
}

// teams is a deal of teams of three people, two of them open.
func teams(lang domain.Lang) domain.DealSheet {
	s := chain(lang)
	s.Deal.Terms.Kind, s.Deal.Terms.Threshold, s.Deal.Terms.ThresholdUnit = domain.KindTeam, 3, domain.UnitPeople
	s.Deal.OpenTeams, s.Deal.FormedTeams = 2, 1
	one := s.Teams[0]
	one.Threshold, one.ThresholdUnit, one.Cap, one.CapUnit = 3, domain.UnitPeople, 3, domain.UnitPeople
	one.Number, one.Head, one.Live = 4, "a1", domain.Counts{People: 2, Shares: 2, Goods: yuan(5980)}
	two := one
	two.ID, two.Number, two.Head, two.Live = "t2", 5, "a2", domain.Counts{People: 1, Shares: 1, Goods: yuan(2990)}
	s.Teams = []domain.TeamRecord{one, two}
	return s
}

func others(lang domain.Lang) []domain.DealSheet {
	a, b := chain(lang), chain(lang)
	a.Deal.ID, a.Deal.Code, a.Deal.Terms.Title, a.Deal.Terms.Icon = "d2", "Q4MW7", "土鸡蛋 30 枚", "🥚"
	b.Deal.ID, b.Deal.Code, b.Deal.Terms.Title, b.Deal.Terms.Icon = "d3", "X9PB3", "东北大米十斤装新米上市", "🌾"
	if lang == domain.English {
		a.Deal.Terms.Title, b.Deal.Terms.Title = "Farm eggs, 30", "Rice from the northeast"
	}
	return []domain.DealSheet{a, b}
}

func point(lang domain.Lang) domain.Point {
	if lang == domain.English {
		return domain.Point{ID: "p1", Name: "Hall of building 3"}
	}
	return domain.Point{ID: "p1", Name: "3 号楼大厅"}
}

func name(lang domain.Lang) string {
	if lang == domain.English {
		return "Ming"
	}
	return "小明"
}

// answer is an answer about an order of two shares.
func answer(lang domain.Lang, did domain.Did) domain.Answer {
	g := grapes(lang)
	s := chain(lang)
	t := s.Teams[0]
	return domain.Answer{
		Did: did, Deal: "d1", Code: "D7KQ2", Title: s.Deal.Terms.Title, Team: "t1", Order: "o1", Serial: 12, Added: 2, Shares: 2,
		Lines: []domain.LineSaid{{Item: g.ID, Letter: "A", Name: g.Name, Unit: g.Unit, Qty: 2, Price: g.Group}}, Asked: []domain.Want{{Item: "i1", Qty: 2}},
		Total: yuan(5980), Owed: yuan(5980), Back: yuan(0), Pay: domain.PayAfterFormed, PayBy: tomorrow(), TeamState: domain.TeamForming,
		Live: t.Live, Counted: t.Live, Want: 20, WantUnit: domain.UnitShares, Missing: 3, Deadline: evening(),
	}
}

func order(lang domain.Lang) domain.OrderRecord {
	return domain.OrderRecord{
		ID: "o1", Token: "tok", Deal: "d1", Team: "t1", Shopper: "a1", Serial: 12, State: domain.OrderAwaiting, Pay: domain.PayNone, Total: yuan(5980), Paid: yuan(0),
		RefundDue: yuan(0), Refunded: yuan(0), Shares: 2, Note: map[domain.Lang]string{"zh": "要熟一点的", "en": "ripe ones"}[lang], PayDueAt: tomorrow(), PickupCode: "7KQ4M2WX", Reason: map[domain.Lang]string{"zh": "重复了", "en": "ordered twice"}[lang],
		Lines: []domain.LineRecord{{Item: "i1", Ordered: 2, Allocated: 2, Unit: yuan(2990)}},
	}
}

// show writes a reply as a person would see it.
func show(r bot.Reply) string {
	var sb strings.Builder
	if c := r.Card; c != nil {
		fmt.Fprintf(&sb, "%s %s  %s  %s\n", c.Icon, c.Title, c.Price, c.Was)
		for _, line := range append(append([]string{}, c.Items...), c.Progress, c.Deadline, c.Place, c.Recent, c.State) {
			if line != "" {
				sb.WriteString("  | " + line + "\n")
			}
		}
		if c.Want > 0 {
			fmt.Fprintf(&sb, "  | bar %d of %d\n", c.Done, c.Want)
		}
	}
	if r.Text != "" {
		sb.WriteString(r.Text + "\n")
	}
	if r.Picture != nil {
		fmt.Fprintf(&sb, "picture %s (%s)\n", r.Picture.QR, r.Picture.Alt)
	}
	for _, c := range r.Choices {
		mark := ""
		if c.Main {
			mark = "*"
		}
		fmt.Fprintf(&sb, "  [%s%s | %s%s]\n", mark, c.Label, c.Action, c.URL)
	}
	head := "[" + r.Code + "]"
	if r.Private {
		head += " private"
	}
	return head + "\n" + sb.String()
}

// golden compares with testdata/NAME, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if rewrite() {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s:%d\n want %s\n  got %s\n(go test ./notify/say -update rewrites it)", path, i+1, a[i], b[i])
		}
	}
	t.Fatalf("%s has %d lines, the bot says %d", path, len(a), len(b))
}
