package storage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/storage/storagetest/engines"
)

// filler gives every field of a record a value of its own that is not its zero value, so that a field which storage
// forgets is noticed the day it is added to the domain.
type filler struct{ n int64 }

const nasty = "é 👨‍👩‍👧 <b>'\"\\%_\u200f 葡萄"

func (f *filler) fill(v reflect.Value, path string) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(engines.Start.Add(time.Duration(f.n) * 1001 * time.Millisecond)))
		return
	case money.Amount:
		v.Set(reflect.ValueOf(money.Yuan(1000 + f.n)))
		return
	case time.Duration:
		v.SetInt(f.n * int64(time.Second))
		return
	case json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, f.n))
		return
	case []byte:
		v.SetBytes([]byte{0, byte(f.n), 255, '\''})
		return
	case money.Currency:
		v.SetString(string(money.CNY))
		return
	}
	switch v.Kind() {
	case reflect.String:
		f.text(v, path)
	case reflect.Int, reflect.Int64:
		v.SetInt(f.n)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key, path+".key")
		f.fill(value, path+".value")
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), path)
	default:
		panic("cannot fill " + path)
	}
}

// text: what people write may be anything; our own words are short and plain, in both cases.
func (f *filler) text(v reflect.Value, path string) {
	plain := v.Type().PkgPath() != "" // an id or a state
	for _, own := range []string{"Token", "Code", "PickupCode", "Letter", "Gateway", "Blind", "Zone", "Currency", "Channel", "Hash", "Kind", "Step", "Why", "Number", "Lang"} {
		plain = plain || len(path) > len(own) && path[len(path)-len(own)-1:] == "."+own
	}
	if path == "CheckOff.ID" {
		plain = true
	}
	if plain {
		v.SetString(fmt.Sprintf("aB%d", f.n))
		return
	}
	v.SetString(fmt.Sprintf("%s %d", nasty, f.n))
}

func filled[R any](f *filler) R {
	var r R
	v := reflect.ValueOf(&r).Elem()
	f.fill(v, v.Type().Name())
	return r
}

// same compares what was stored with what came back, exactly.
func same[R any](t *testing.T, what string, want, got R, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(money.Amount{})); d != "" {
		t.Errorf("%s came back different (-want +got):\n%s", what, d)
	}
	noZero(t, what, reflect.ValueOf(got), what)
}

// noZero fails on a field that is zero: then the filler does not reach it, or storage does not keep it.
func noZero(t *testing.T, what string, v reflect.Value, path string) {
	t.Helper()
	if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() && v.Type() != reflect.TypeFor[money.Amount]() {
		for i := range v.NumField() {
			noZero(t, what, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
		return
	}
	if v.IsZero() {
		t.Errorf("%s: %s is zero", what, path)
	}
}

// stored is one look at one pair of engines.
type stored struct {
	t *testing.T
	p engines.Pair
}

func TestEveryFieldComesBack(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		for name, check := range map[string]func(stored){
			"people": peopleComeBack, "deal": dealComesBack, "money": moneyComesBack, "work": workComesBack, "events": eventsComeBack,
		} {
			t.Run(name, func(t *testing.T) { check(stored{t, p}) })
		}
	})
}

func peopleComeBack(s stored) {
	ctx, t, p := s.t.Context(), s.t, s.p
	f := &filler{n: 100}
	com, acc, chat, point := filled[domain.Community](f), filled[domain.Account](f), filled[domain.Chat](f), filled[domain.Point](f)
	home, role, ident, tries, dlg := filled[domain.Household](f), filled[domain.Role](f), filled[domain.Identity](f), filled[domain.Tries](f), filled[domain.Dialogue](f)
	ident.Account = acc.ID
	point.Community, chat.Community = com.ID, com.ID
	dlg.Name, dlg.Until = "post", engines.Start.Add(time.Hour)
	for range 2 { // inserts, then replaces
		inTx(t, p, func(tx domain.Tx) error {
			for _, err := range []error{
				tx.SaveCommunity(ctx, com), tx.SaveAccount(ctx, acc), tx.SaveChat(ctx, chat), tx.SavePoint(ctx, point), tx.SaveHousehold(ctx, home),
				tx.SaveRole(ctx, role), tx.SaveIdentity(ctx, ident), tx.SaveTries(ctx, tries), tx.SaveDialogue(ctx, dlg),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	inTx(t, p, func(tx domain.Tx) error { // who else somebody is lies in links
		for _, also := range acc.Also {
			other := acc
			other.ID, other.Also = also, nil
			if err := errors.Join(tx.SaveAccount(ctx, other), tx.LinkAccounts(ctx, also, acc.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	coms, err := p.DB.Communities(ctx)
	same(t, "communities", []domain.Community{com}, coms, err)
	a, err := p.DB.Account(ctx, acc.ID)
	same(t, "account", acc, a, err)
	a, err = p.DB.AccountByIdentity(ctx, ident.Channel, ident.External)
	same(t, "account by identity", acc, a, err)
	c, err := p.DB.Chat(ctx, chat.ID)
	same(t, "chat", chat, c, err)
	c, err = p.DB.ChatByExternal(ctx, chat.Channel, chat.External)
	same(t, "chat by name", chat, c, err)
	cs, err := p.DB.ChatsIn(ctx, com.ID)
	same(t, "chats", []domain.Chat{chat}, cs, err)
	ps, err := p.DB.Points(ctx, com.ID)
	same(t, "points", []domain.Point{point}, ps, err)
	h, err := p.DB.HouseholdByBlind(ctx, home.Community, home.Blind)
	same(t, "household", home, h, err)
	rs, err := p.DB.RolesOf(ctx, role.Account)
	same(t, "roles of a person", []domain.Role{role}, rs, err)
	rs, err = p.DB.RolesIn(ctx, role.Community)
	same(t, "roles in a community", []domain.Role{role}, rs, err)
	is, err := p.DB.IdentitiesOf(ctx, acc.ID)
	same(t, "identities", []domain.Identity{ident}, is, err)
	n, err := p.DB.TriesOf(ctx, tries.Account)
	same(t, "tries", tries, n, err)
	d, err := p.DB.Dialogue(ctx, dlg.Account, dlg.Chat)
	same(t, "dialogue", dlg, d, err)
}

func dealComesBack(s stored) {
	ctx, t, p := s.t.Context(), s.t, s.p
	f := &filler{n: 1000}
	nd := filled[domain.NewDeal](f)
	nd.Deal.Terms.Kind, nd.Notices = domain.KindChain, nil
	for i := range nd.Items {
		nd.Items[i].Deal, nd.Items[i].Stock = nd.Deal.ID, 1_000_000
		nd.Edition.Items[i].Deal = nd.Deal.ID
		nd.Teams[i].Deal, nd.Teams[i].Cap = nd.Deal.ID, 1_000_000
		nd.Chats[i].Deal, nd.Chats[i].Leader = nd.Deal.ID, "leader"
	}
	nd.Edition.Deal = nd.Deal.ID
	inTx(t, p, func(tx domain.Tx) error { return tx.InsertDeal(ctx, nd) })
	want := domain.DealSheet{Deal: nd.Deal, Items: nd.Items, Teams: nd.Teams, Chats: nd.Chats}
	got, err := p.DB.Deal(ctx, nd.Deal.ID)
	same(t, "deal", want, got, err)
	got, err = p.DB.DealByCode(ctx, nd.Deal.Code)
	same(t, "deal by code", want, got, err)
	es, err := p.DB.DealEditions(ctx, nd.Deal.ID)
	same(t, "editions", []domain.DealEdition{nd.Edition}, es, err)
	cs, err := p.DB.DealChatsOf(ctx, nd.Deal.ID)
	same(t, "chats of deal", nd.Chats, cs, err)
	tm, err := p.DB.TeamByToken(ctx, nd.Teams[1].Token)
	same(t, "team", nd.Teams[1], tm, err)
	ds, err := p.DB.DealsLedBy(ctx, "leader", 10)
	same(t, "deals led", []domain.DealSheet{want}, ds, err)

	o := filled[domain.OrderRecord](f)
	o.Deal = nd.Deal.ID
	if err := p.DB.PutOrder(ctx, o); err != nil {
		t.Fatal(err)
	}
	for what, find := range map[string]func() (domain.OrderRecord, error){
		"order":           func() (domain.OrderRecord, error) { return p.DB.Order(ctx, o.ID) },
		"order by token":  func() (domain.OrderRecord, error) { return p.DB.OrderByToken(ctx, o.Token) },
		"order by serial": func() (domain.OrderRecord, error) { return p.DB.OrderBySerial(ctx, o.Deal, o.Serial) },
		"order by pickup code": func() (domain.OrderRecord, error) {
			return p.DB.OrderByPickupCode(ctx, nd.Deal.Community, o.PickupCode)
		},
	} {
		got, err := find()
		same(t, what, o, got, err)
	}
	os, err := p.DB.OrdersOf(ctx, o.Shopper, 10)
	same(t, "orders of a person", []domain.OrderRecord{o}, os, err)
	os, err = p.DB.OrdersOfDeal(ctx, o.Deal, domain.OrderFilter{Team: o.Team, States: []domain.OrderState{o.State}, Point: &o.Point, Pay: o.Pay})
	same(t, "orders of a deal", []domain.OrderRecord{o}, os, err)
	os, err = p.DB.OrdersByIDs(ctx, []domain.OrderID{o.ID, "none"})
	same(t, "orders by id", []domain.OrderRecord{o}, os, err)
}

func moneyComesBack(s stored) {
	ctx, t, p := s.t.Context(), s.t, s.p
	f := &filler{n: 2000}
	pay, back, move, orphan := filled[domain.PaymentRecord](f), filled[domain.RefundRecord](f), filled[domain.Transfer](f), filled[domain.Orphan](f)
	pay.Amount = money.Yuan(1_000_000)
	back.Payment, back.Paid = pay.ID, pay.Amount
	orphan.SolvedAt = time.Time{}
	if err := p.DB.PutPayment(ctx, pay); err != nil {
		t.Fatal(err)
	}
	if err := p.DB.PutRefund(ctx, back); err != nil {
		t.Fatal(err)
	}
	if err := p.DB.PutTransfer(ctx, move); err != nil {
		t.Fatal(err)
	}
	inTx(t, p, func(tx domain.Tx) error { return tx.InsertOrphan(ctx, orphan) })
	inTx(t, p, func(tx domain.Tx) error { return tx.InsertOrphan(ctx, orphan) }) // a known transaction is skipped
	got, err := p.DB.Payment(ctx, pay.Number)
	same(t, "payment", pay, got, err)
	got, err = p.DB.PaymentByID(ctx, pay.ID)
	same(t, "payment by id", pay, got, err)
	list, err := p.DB.PaymentsOfOrder(ctx, pay.Parts[1].Order)
	same(t, "payments of order", []domain.PaymentRecord{pay}, list, err)
	r, err := p.DB.Refund(ctx, back.ID)
	same(t, "refund", back, r, err)
	r, err = p.DB.RefundByNumber(ctx, back.Number)
	same(t, "refund by number", back, r, err)
	rs, err := p.DB.RefundsOfOrder(ctx, back.Parts[0].Order)
	same(t, "refunds of order", []domain.RefundRecord{back}, rs, err)
	ms, err := p.DB.TransfersOf(ctx, move.Deal)
	same(t, "transfers", []domain.Transfer{move}, ms, err)
	os, err := p.DB.Orphans(ctx, 10)
	if err != nil || len(os) != 1 || !reflect.DeepEqual(os[0], orphan) {
		t.Errorf("orphans: %+v, %v", os, err)
	}
}

func workComesBack(s stored) {
	ctx, t, p := s.t.Context(), s.t, s.p
	f := &filler{n: 3000}
	w, paper, a, c, due := filled[domain.WaitingRecord](f), filled[domain.SummaryRecord](f), filled[domain.Arrival](f), filled[domain.CheckOff](f), filled[domain.Due](f)
	w.State = domain.WaitOffered
	if err := p.DB.PutWork(ctx, w, paper, a, c, due); err != nil {
		t.Fatal(err)
	}
	ws, err := p.DB.WaitingList(ctx, w.Deal)
	same(t, "waiting list", []domain.WaitingRecord{w}, ws, err)
	sum, err := p.DB.SummaryByToken(ctx, paper.Token)
	same(t, "summary by token", paper, sum, err)
	sum, err = p.DB.Summary(ctx, paper.ID)
	same(t, "summary", paper, sum, err)
	sums, err := p.DB.SummariesOf(ctx, paper.Deal)
	same(t, "summaries", []domain.SummaryRecord{paper}, sums, err)
	as, err := p.DB.ArrivalsOf(ctx, a.Deal)
	same(t, "arrivals", []domain.Arrival{a}, as, err)
	cs, err := p.DB.CheckOffs(ctx, c.Order)
	same(t, "check-offs", []domain.CheckOff{c}, cs, err)
	ds, err := p.DB.DuesOf(ctx, []domain.OrderID{due.Order})
	same(t, "dues", []domain.Due{due}, ds, err)

	n := filled[domain.Notice](f)
	n.Due = engines.Start.Add(-time.Minute)
	inTx(t, p, func(tx domain.Tx) error { return tx.AppendNotices(ctx, []domain.Notice{n}) })
	got, err := p.DB.ClaimDeliveries(ctx, "me", time.Minute, 10)
	if err != nil || len(got) != 1 {
		t.Fatalf("claimed %v, %v", got, err)
	}
	same(t, "notice", n, got[0].Notice, nil)
}

func eventsComeBack(s stored) {
	ctx, t, p := s.t.Context(), s.t, s.p
	f := &filler{n: 4000}
	e := filled[domain.Event](f)
	inTx(t, p, func(tx domain.Tx) error { return tx.InsertEvent(ctx, e) })
	found, err := p.DB.EventsByKeys(ctx, []domain.EventKey{e.Key, {Message: "other"}, {}})
	same(t, "events by key", map[domain.EventKey]domain.Event{e.Key: e}, found, err)
	es, err := p.DB.EventsOfDeal(ctx, e.Deal, 10)
	same(t, "events of deal", []domain.Event{e}, es, err)
	es, err = p.DB.EventsOfOrder(ctx, e.Order)
	same(t, "events of order", []domain.Event{e}, es, err)
}

func inTx(t *testing.T, p engines.Pair, f func(tx domain.Tx) error) {
	t.Helper()
	if err := p.DB.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}
