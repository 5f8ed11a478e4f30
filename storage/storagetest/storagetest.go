// Package storagetest is the contract that every pair of engines must keep: what the rules and the workers rely on, told
// through the ports and nothing else. Whoever writes another engine runs it there.
package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

// Ports is one empty pair of engines, seen through the ports.
type Ports struct {
	Store  domain.Store
	Outbox domain.Outbox
	Pruner domain.Pruner
	Tally  domain.Tally
	Waker  domain.Waker
	Budget domain.Budget
	Notes  Notes
	Inbox  Inbox

	Now    func() time.Time                                  // the database's time as the test has set it
	Pass   func(d time.Duration)                             // lets that time pass
	Around func(hook func(commit func() error) error)        // puts a function around every commit
	Exec   func(ctx context.Context, statement string) error // runs SQL past the ports, for what must be impossible
	Forget func()                                            // makes the fast memory lose everything
}

// Run checks the whole contract; open gives each check a pair of its own.
func Run(t *testing.T, open func(t *testing.T) Ports) {
	t.Helper()
	for name, check := range map[string]func(*world){
		"join is stored with its answer":     joinIsStored,
		"a key is answered once":             keyOnce,
		"the last seat has one owner":        lastSeat,
		"stock and cap stand without rules":  checksStand,
		"an error leaves nothing":            errorLeavesNothing,
		"a panic leaves nothing":             panicLeavesNothing,
		"a failed commit is unknown":         commitUnknown,
		"an old image is not believed":       oldImage,
		"a stale book is refused":            staleBook,
		"letters differ by case":             letterCase,
		"the ledger only grows":              ledgerOnlyGrows,
		"a team deal brings teams and mates": teamDeal,
		"a deal pays, fails and refunds":     payFailRefund,
		"refunds are leased":                 refundsLeased,
		"notices are skipped when known":     noticesOnce,
		"deliveries are leased and fenced":   deliveriesLeased,
		"nobody waits for what is left out":  leftBehind,
		"a chat keeps its order":             chatKeepsOrder,
		"only the newest card is sent":       newestCard,
		"urgent goes first, quiet ones wait": urgentFirst,
		"dead and kept rows come back":       requeue,
		"linked accounts speak as one":       linkedAccounts,
		"pasted lists are remembered":        pastedLists,
		"many are read as one is":            manyAsOne,
		"a first look is what one read says": metAsOne,
		"a person can be forgotten":          erased,
		"dialogues end":                      dialoguesEnd,
		"what is done is pruned":             pruned,
		"due work is found however old":      dueWork,
		"a duplicate is told apart":          duplicates,
		"tallies keep the newer":             tallies,
		"deadlines wake":                     deadlines,
		"wakes arrive and merge":             wakes,
		"budgets hold, also after a loss":    budgets,
		"notes are kept":                     notesAreKept,
		"notes end":                          notesEnd,
		"notes have one writer at a time":    notesOneWriter,
		"notes change together":              notesTogether,
		"notes of a person can be forgotten": notesForgotten,
		"the inbox keeps an update once":     inboxKeepsOnce,
		"the inbox waits for leases":         inboxWaits,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(&world{Ports: open(t), t: t, mint: &counter{}})
		})
	}
}

// world is one check's pair with its mint.
type world struct {
	Ports

	t    *testing.T
	mint *counter
}

// counter makes ids in the order they are asked for.
type counter struct{ n atomic.Int64 }

// ID counts.
func (c *counter) ID() string { return fmt.Sprintf("id%08d", c.n.Add(1)) }

// Token counts, in both cases of letters.
func (c *counter) Token() string { return fmt.Sprintf("Tk%024d", c.n.Add(1)) }

// Code counts.
func (c *counter) Code(n int) string { return fmt.Sprintf("%0*d", n, c.n.Add(1)) }

// Number counts.
func (c *counter) Number() string { return fmt.Sprintf("N%08d", c.n.Add(1)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func (w *world) tx(t *testing.T, f func(tx domain.Tx) error) {
	t.Helper()
	must(t, w.Store.InTx(t.Context(), f))
}

// post opens a deal in the chat "chat", led by "leader".
func (w *world) post(t *testing.T, change func(c *domain.PostCommand)) domain.NewDeal {
	t.Helper()
	now := w.Now()
	c := domain.PostCommand{
		Ask:       domain.Asked{By: "leader", Chat: "chat", Lang: domain.Chinese},
		Community: domain.Community{ID: "com", Currency: "CNY"},
		Terms: domain.DealTerms{
			Kind: domain.KindChain, Title: "阳光玫瑰 🍇", Pay: domain.PayAfterFormed, ThresholdUnit: domain.UnitShares, Threshold: 3,
			OpensAt: now, DeadlineAt: now.Add(time.Hour), Fulfilment: domain.FulfilPickup,
		},
		Items: []domain.NewItem{{Name: "葡萄", Group: money.Yuan(2990), Stock: 50}, {Name: "梨", Group: money.Yuan(990)}},
		Chats: []domain.ChatID{"chat"},
	}
	if change != nil {
		change(&c)
	}
	nd, err := domain.Post(c, w.mint, now)
	must(t, err)
	w.tx(t, func(tx domain.Tx) error { return tx.InsertDeal(t.Context(), nd) })
	return nd
}

// ride carries turns through one transaction the way the Turnstile does.
type ride struct {
	w     *world
	deal  domain.DealID
	image *domain.Image
}

func (r *ride) carry(ctx context.Context, turns ...domain.Turn) ([]domain.Answer, error) {
	var answers []domain.Answer
	var book *domain.Book
	err := r.w.Store.InTx(ctx, func(tx domain.Tx) error {
		var err error
		answers, book, err = r.once(ctx, tx, turns)
		return err
	})
	r.image = nil
	if err == nil {
		r.image = book.Image()
	}
	return answers, err
}

func (r *ride) once(ctx context.Context, tx domain.Tx, turns []domain.Turn) ([]domain.Answer, *domain.Book, error) {
	image, err := tx.LockDeal(ctx, r.deal, r.image)
	if err != nil {
		return nil, nil, err
	}
	now, err := tx.Now(ctx)
	if err != nil {
		return nil, nil, err
	}
	var n domain.Needs
	var keys []domain.EventKey
	for _, turn := range turns {
		n.Merge(turn.Needs())
		keys = append(keys, turn.Asked().Key)
	}
	stored, err := tx.Answers(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	book := domain.NewBook(image, now, r.w.mint)
	if err := tx.Load(ctx, book, n); err != nil {
		return nil, nil, err
	}
	var answers []domain.Answer
	for _, turn := range turns {
		if e, ok := stored[turn.Asked().Key]; ok {
			answers = append(answers, e.Answer)
			continue
		}
		a, err := turn.Apply(book)
		if refusal := domain.AsRefusal(err); refusal != nil {
			a, err = domain.Answer{Did: domain.DidRefuse, Refusal: refusal}, nil
		}
		if err != nil {
			return nil, nil, err
		}
		book.Record(turn, a)
		answers = append(answers, a)
	}
	if !book.Finish() {
		return answers, book, nil
	}
	return answers, book, tx.Save(ctx, book)
}

func (w *world) ride(deal domain.DealID) *ride { return &ride{w: w, deal: deal} }

func (r *ride) must(t *testing.T, turns ...domain.Turn) []domain.Answer {
	t.Helper()
	answers, err := r.carry(t.Context(), turns...)
	must(t, err)
	return answers
}

// join asks for n of the first item.
func join(nd domain.NewDeal, who string, n int64) domain.JoinCommand {
	return domain.JoinCommand{
		Ask: domain.Asked{
			Key: domain.EventKey{Channel: "web", Account: "bot", Message: "join-" + who}, Hash: "h", By: domain.AccountID(who),
			Lang: domain.Chinese, Chat: "chat", Source: "+2 葡萄 🍇",
		},
		Deal: nd.Deal.ID, Wants: []domain.Want{{Item: nd.Items[0].ID, Qty: n}}, Shopper: domain.AccountID(who), Via: domain.ViaText,
	}
}
