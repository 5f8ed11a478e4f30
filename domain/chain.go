package domain

import (
	"encoding/json"
	"errors"
	"time"
)

// ViaChain is a line of a pasted list.
const ViaChain Via = "chain"

// DidChain says that a pasted list was compared with the last one and carried out.
const DidChain Did = "chain_read"

// ErrChainMoved says that the plan needs somebody who is not there yet; it must be made again.
var ErrChainMoved = errors.New("the deal moved while the chain was read")

// ChainRecord is what is remembered of the list that a chat keeps for a deal. Rules do not look into it.
type ChainRecord struct {
	Deal      DealID
	Chat      ChatID
	Body      []byte
	UpdatedAt time.Time
}

// ChainStep is what one line of a list asks for.
type ChainStep struct {
	Shopper   AccountID
	For       string
	Household HouseholdID
	Wants     []Want
	Set       bool // the quantities are set, else added
	Note      string
	Line      string // as it was typed
}

// ChainPlan is what a list comes to: what is remembered from now on, what is told, and what is done.
type ChainPlan struct {
	Body   []byte
	Report json.RawMessage
	Steps  []ChainStep
}

// ChainSaid is the part of an answer that tells of a list.
type ChainSaid struct {
	Report  json.RawMessage  `json:"report,omitempty"`
	Refused map[int]*Refusal `json:"refused,omitempty"` // by step
	Serials map[int]int64    `json:"serials,omitempty"` // by step
}

// ChainCommand carries out a pasted list: all its lines in one turn, so that two pastes never mix. The plan is a pure
// function of what was remembered and of the orders as they stand under the lock; it may be asked more than once.
type ChainCommand struct {
	Ask      Asked
	Deal     DealID
	Leader   AccountID // in this chat
	Shoppers []AccountID
	Plan     func(ChainSeen) (ChainPlan, error)
}

// ChainSeen is how things stand under the lock when a list is compared with them.
type ChainSeen struct {
	Body   []byte // what was remembered of the chat's list
	Orders []OrderRecord
	People map[AccountID]Account // whose the orders are
}

// Asked is the command's key and speaker.
func (c ChainCommand) Asked() Asked { return c.Ask }

// Kind names the command in the trail.
func (c ChainCommand) Kind() string { return "chain" }

// Needs asks for all orders, because nobody may be written down twice, and for the list.
func (c ChainCommand) Needs() Needs {
	return Needs{ChainTeam: true, Shoppers: c.Shoppers, AllOrders: true, Names: true, Homes: true, Money: true, Waiting: true, Chains: []ChatID{c.Ask.Chat}}
}

// Apply does every step for itself: what the rules refuse of one line does not stop the others.
func (c ChainCommand) Apply(b *Book) (Answer, error) {
	if err := b.takesJoins(); err != nil {
		return Answer{}, err
	}
	t := b.chainTeam()
	if t == nil {
		return Answer{}, Refuse(CodeInvalid, WhyNoTeam)
	}
	if err := b.isOpen(t); err != nil {
		return Answer{}, err
	}
	plan, err := c.Plan(ChainSeen{Body: b.chains[c.Ask.Chat].Body, Orders: b.orderRecords(), People: b.people})
	if err != nil {
		return Answer{}, err
	}
	said := &ChainSaid{Report: plan.Report, Refused: map[int]*Refusal{}, Serials: map[int]int64{}}
	for i, s := range plan.Steps {
		a, err := c.step(b, i, s)
		if r := AsRefusal(err); r != nil {
			said.Refused[i] = r
			continue
		}
		if err != nil {
			return Answer{}, err
		}
		said.Serials[i] = a.Serial
	}
	if plan.Body != nil {
		rec := ChainRecord{Deal: b.deal.r.ID, Chat: c.Ask.Chat, Body: plan.Body, UpdatedAt: b.Now}
		b.chains[rec.Chat] = rec
		b.out.Chains = append(b.out.Chains, rec)
	}
	a := b.answer(DidChain, nil, t)
	a.Chain, a.Count = said, int64(len(plan.Steps)-len(said.Refused))
	return a, nil
}

// step joins or changes for one person, with a row of its own in the trail.
func (c ChainCommand) step(b *Book, i int, s ChainStep) (Answer, error) {
	ask := c.Ask
	ask.Key.Index += int64(i) + 1
	ask.Source = s.Line
	if ask.Key.Message == "" {
		ask.Key = EventKey{}
	}
	if !s.Set {
		join := JoinCommand{Ask: ask, Deal: c.Deal, Wants: s.Wants, Shopper: s.Shopper, Beneficiary: s.For, Via: ViaChain, Household: s.Household, Leader: c.Leader, Note: s.Note, Sure: true}
		a, err := join.Apply(b)
		if err == nil {
			b.Record(join, a)
		}
		return a, err
	}
	o := b.newestLive(s.Shopper, s.For)
	if o == nil {
		return Answer{}, Refuse(CodeNotFound, WhyNoOrder)
	}
	change := ChangeCommand{Ask: ask, Deal: c.Deal, Who: s.Shopper, Order: o.r.ID, Wants: s.Wants, Note: s.Note, Anew: true, All: true}
	change.Ask.By = o.r.EnteredBy // whoever pastes the common list; whether they may was decided by the plan
	a, err := change.Apply(b)
	if err == nil {
		change.Ask.By = c.Ask.By
		b.Record(change, a)
	}
	return a, err
}

// orderRecords are all orders in the book.
func (b *Book) orderRecords() []OrderRecord {
	out := make([]OrderRecord, 0, len(b.orders))
	for _, o := range b.orders {
		out = append(out, o.r)
	}
	return out
}

// AddPeople is called by storage with the people of the loaded orders.
func (b *Book) AddPeople(people map[AccountID]Account) { b.people = people }

// AddChain is called by storage with a list that a turn asked for.
func (b *Book) AddChain(r ChainRecord) { b.chains[r.Chat] = r }
