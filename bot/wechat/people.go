package wechat

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"tuanbot/bot"
)

// The pages of the notebook. Those about a person start alike, so that leaving removes them together.
const (
	pagePeople  = "wechat/person/" // windows and menus by openid
	pageConsent = "wechat/person/consent"
	pageRest    = "wechat/rest"  // what of an answer still has to leave, by the callback's key
	pageParts   = "wechat/parts" // how much of a long message has left, by its key
	pageJobs    = "wechat/jobs"  // template messages whose outcome is not known yet, by msgid
	pageQR      = "wechat/qr"
	pageMedia   = "wechat/media"
)

const (
	flushAtOnce   = 2000           // notes written per tick: an inbound rush must not be slowed by what is only remembered
	flushTogether = 200            // of them in one transaction
	menuLives     = 24 * time.Hour // how long a number stands for its choice
	keepPerson    = 49 * time.Hour // longer than any window
	keptMenus     = 6              // pressable menus remembered per person
)

// trigger is what opened a reply window.
type trigger string

// The triggers, and what each allows.
const (
	byMessage trigger = "message"
	byClick   trigger = "click"
	byFollow  trigger = "follow"
	byScan    trigger = "scan"
)

// allowance is how many service messages a trigger allows and for how long. A little is left at the end, so that a message
// does not arrive too late.
func (t trigger) allowance() (messages int, lasts time.Duration) {
	switch t {
	case byMessage:
		return 5, 48*time.Hour - time.Minute
	case byClick, byFollow, byScan:
		return 3, 55 * time.Second
	}
	return 0, 0
}

// note is what we remember of one person.
type note struct {
	Trigger trigger  `json:"t,omitempty"`
	At      int64    `json:"at,omitempty"` // platform time of the trigger, ms
	Key     string   `json:"k,omitempty"`  // of the callback, so that a repeat opens nothing
	Sent    int      `json:"n,omitempty"`
	Shut    bool     `json:"shut,omitempty"`    // the platform said so
	Blocked bool     `json:"blocked,omitempty"` // they refuse our templates; until they speak again
	Numbers []string `json:"num,omitempty"`     // what 1, 2, ... stand for
	ShownAt int64    `json:"shown,omitempty"`   // ms
	Menus   []menu   `json:"menus,omitempty"`
	Picked  []picked `json:"picked,omitempty"`
}

// menu is a pressable menu: its entries are numbered from Base on.
type menu struct {
	Base    int64    `json:"b"`
	Actions []string `json:"a"`
}

// picked is a number that somebody sent and what it stood for then: a repeat of the callback must mean the same.
type picked struct {
	Key    string `json:"k"`
	Action string `json:"a"`
}

// open reports whether a service message may be sent.
func (n note) open(now time.Time) bool {
	most, lasts := n.Trigger.allowance()
	return !n.Shut && n.Sent < most && now.Sub(time.UnixMilli(n.At)) < lasts
}

// with merges what is only in memory into what is written.
func (n note) with(m note) note {
	if m.Trigger != "" && m.Key != n.Key && m.At >= n.At {
		n.Trigger, n.At, n.Key, n.Sent, n.Shut, n.Blocked = m.Trigger, m.At, m.Key, 0, false, false
	}
	if m.ShownAt > n.ShownAt {
		n.Numbers, n.ShownAt = m.Numbers, m.ShownAt
	}
	for _, p := range m.Picked {
		n.Picked = remember(n.Picked, p)
	}
	return n
}

func remember(all []picked, p picked) []picked {
	for _, old := range all {
		if old.Key == p.Key {
			return all
		}
	}
	all = append(slices.Clip(all), p)
	return all[max(0, len(all)-4):]
}

// people remembers windows and menus. What callbacks tell is kept in memory and written a little later in the background,
// so that hearing somebody costs no transaction; what is spent is counted in the notebook, once for all copies.
type people struct {
	notes bot.Notebook
	clock func() time.Time
	log   *slog.Logger

	mu    sync.Mutex
	fresh map[string]*note // not written yet
	pen   sync.Mutex       // one flush, or one goodbye, at a time
}

func newPeople(notes bot.Notebook, clock func() time.Time, log *slog.Logger) *people {
	return &people{notes: notes, clock: clock, log: log, fresh: map[string]*note{}}
}

func (p *people) remember(who string, f func(n *note)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := note{}
	if old := p.fresh[who]; old != nil {
		n = *old
	}
	f(&n)
	p.fresh[who] = &n
}

// heard notes that somebody opened a window; of two, the later one counts.
func (p *people) heard(who string, t trigger, at time.Time, key string) {
	p.remember(who, func(n *note) { *n = n.with(note{Trigger: t, At: at.UnixMilli(), Key: key}) })
}

// shown notes what the numbers below our last answer stand for; none when it had none, so that a quantity typed next is
// not taken for an old choice.
func (p *people) shown(who string, numbers []string) {
	p.remember(who, func(n *note) { n.Numbers, n.ShownAt = numbers, p.clock().UnixMilli() })
}

func (p *people) inMemory(who string) note {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.fresh[who]; n != nil {
		return *n
	}
	return note{}
}

// look is all we know of a person.
func (p *people) look(ctx context.Context, who string) (note, error) {
	raw, err := p.notes.Note(ctx, pagePeople, who)
	if err != nil {
		return note{}, fmt.Errorf("read a person's note: %w", err)
	}
	n, err := decode[note](raw)
	return n.with(p.inMemory(who)), err
}

// chosen finds what a number, or a pressed entry of a menu, stands for; "" when it stands for nothing.
func (p *people) chosen(ctx context.Context, up bot.Update, menuID string) (string, error) {
	number := bare(up.Text)
	if menuID == "" && number == 0 {
		return "", nil
	}
	n, err := p.look(ctx, up.Person.ID)
	if err != nil {
		return "", err
	}
	for _, old := range n.Picked {
		if old.Key == up.Key {
			return old.Action, nil
		}
	}
	action := n.pressed(menuID)
	if menuID == "" && number <= len(n.Numbers) && p.clock().UnixMilli()-n.ShownAt < menuLives.Milliseconds() {
		action = n.Numbers[number-1]
	}
	p.remember(up.Person.ID, func(n *note) { n.Picked = remember(n.Picked, picked{Key: up.Key, Action: action}) })
	return action, nil
}

// bare reads a number of one or two digits, also wide ones, with nothing around it ("+2" is an order); 0 for all else.
func bare(s string) int {
	n := 0
	for i, r := range []rune(s) {
		if r >= '０' && r <= '９' {
			r -= '０' - '0'
		}
		if r < '0' || r > '9' || i == 2 {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}

func (n note) pressed(menuID string) string {
	id, err := strconv.ParseInt(menuID, 10, 64)
	if err != nil {
		return ""
	}
	for _, m := range n.Menus {
		if i := id - m.Base; i >= 0 && i < int64(len(m.Actions)) {
			return m.Actions[i]
		}
	}
	return ""
}

// change rewrites a person's note, with what is in memory.
func (p *people) change(ctx context.Context, who string, f func(n *note)) error {
	return p.changeAll(ctx, []string{who}, f)
}

// changeAll rewrites the notes of several people in one transaction.
func (p *people) changeAll(ctx context.Context, all []string, f func(n *note)) error {
	fresh := make(map[string]note, len(all))
	for _, who := range all {
		fresh[who] = p.inMemory(who)
	}
	err := p.notes.ChangeAll(ctx, pagePeople, all, func(who string, old []byte) ([]byte, time.Time, error) {
		n, err := decode[note](old)
		if err != nil {
			return nil, time.Time{}, err
		}
		n = n.with(fresh[who])
		f(&n)
		raw, err := json.Marshal(n)
		return raw, p.clock().Add(keepPerson), err
	})
	if err != nil {
		return fmt.Errorf("write what is noted of people: %w", err)
	}
	return nil
}

// spend takes one service message out of a person's window, and numbers a menu's entries from base on.
func (p *people) spend(ctx context.Context, who string, actions []string) (ok bool, base int64, err error) {
	now := p.clock()
	err = p.change(ctx, who, func(n *note) {
		if ok = n.open(now); !ok {
			return
		}
		n.Sent++
		if len(actions) == 0 {
			return
		}
		base = now.Unix() * 100
		if last := len(n.Menus) - 1; last >= 0 {
			base = max(base, n.Menus[last].Base+100)
		}
		n.Menus = append(n.Menus, menu{Base: base, Actions: actions})
		n.Menus = n.Menus[max(0, len(n.Menus)-keptMenus):]
	})
	return ok, base, err
}

// unspend gives a message back that was not sent.
func (p *people) unspend(ctx context.Context, who string) error {
	return p.change(ctx, who, func(n *note) { n.Sent = max(0, n.Sent-1) })
}

// shut notes that the platform takes no more service messages until the person does something.
func (p *people) shut(ctx context.Context, who string) error {
	return p.change(ctx, who, func(n *note) { n.Shut = true })
}

// block notes that a person refuses our template messages.
func (p *people) block(ctx context.Context, who string) error {
	return p.change(ctx, who, func(n *note) { n.Blocked = true })
}

// forget removes all we know of a person who left.
func (p *people) forget(ctx context.Context, who string) error {
	p.pen.Lock()
	defer p.pen.Unlock()
	p.mu.Lock()
	delete(p.fresh, who)
	p.mu.Unlock()
	if err := p.notes.Forget(ctx, pagePeople, who); err != nil {
		return fmt.Errorf("forget who left: %w", err)
	}
	return nil
}

// flush writes at most so many notes, together; a negative number means all. What fails stays in memory.
func (p *people) flush(ctx context.Context, most int) {
	p.pen.Lock()
	defer p.pen.Unlock()
	for all := range slices.Chunk(p.waiting(most), flushTogether) {
		was := make(map[string]*note, len(all))
		for _, who := range all {
			was[who] = p.pointer(who)
		}
		if err := p.changeAll(ctx, all, func(*note) {}); err != nil {
			p.log.WarnContext(ctx, "what people may be sent is not written down yet", "channel", ChannelName, "err", err)
			return
		}
		p.mu.Lock()
		for who, old := range was {
			if p.fresh[who] == old {
				delete(p.fresh, who)
			}
		}
		p.mu.Unlock()
	}
}

func (p *people) pointer(who string) *note {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fresh[who]
}

func (p *people) waiting(most int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for who := range p.fresh {
		if most >= 0 && len(all) == most {
			break
		}
		all = append(all, who)
	}
	return all
}

// decode reads a note; none is the zero value.
func decode[T any](raw []byte) (v T, err error) {
	if raw == nil {
		return v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("read a note: %w", err)
	}
	return v, nil
}
