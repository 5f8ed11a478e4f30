package chattest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/storage/storagetest/engines"
)

// Play plays a file over one pair of engines, or line by line over two copies of the program on one pair, and compares every
// answer, every push and the rows at the end. With update the file is written anew; read the difference as a conversation.
// It returns the codes of all answers.
func Play(t *testing.T, path string, update bool, pairs ...engines.Pair) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, codes := Run(t, string(raw), pairs...)
	if got == string(raw) {
		return codes
	}
	if update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a test file, for everybody to read
			t.Fatal(err)
		}
		return codes
	}
	t.Errorf("%s reads differently now (go test ./handlers/chat -update rewrites it):\n%s", path, difference(string(raw), got))
	return codes
}

// Run plays a script and returns the whole file as it reads now, and the codes of all answers.
func Run(t *testing.T, text string, pairs ...engines.Pair) (now string, codes map[string]bool) {
	t.Helper()
	s := ParseScript(text)
	w := newWorld(t, pairs...)
	w.setup(s.Setup)
	for _, line := range s.Lines {
		w.line(line)
	}
	out := strings.TrimRight(w.out.String(), "\n") + "\n"
	if len(s.Setup) > 0 {
		out += "-- setup --\n" + strings.Join(s.Setup, "\n") + "\n"
	}
	if s.Tables {
		out += "-- tables --\n" + strings.Join(w.tables(), "\n") + "\n"
	}
	return out, w.codes
}

// difference shows the first lines that differ, with what stands before them.
func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	show := func(ls []string) string { return strings.Join(ls[max(0, i-3):min(len(ls), i+8)], "\n") }
	return fmt.Sprintf("line %d, the file:\n%s\n--- now:\n%s", i+1, show(a), show(b))
}

// setup makes the neighbourhood.
func (w *World) setup(lines []string) {
	w.t.Helper()
	c := domain.Community{
		ID: w.home, Name: "阳光花园", Zone: "Asia/Shanghai", Lang: domain.Chinese, Currency: "CNY", QuietFrom: 22*60 + 30, QuietTo: 7*60 + 30,
		CreatedAt: w.pairs[0].Clock.Now(),
	}
	w.must(w.pairs[0].DB.InTx(w.ctx, func(tx domain.Tx) error { return tx.SaveCommunity(w.ctx, c) }))
	w.mute = true
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			w.prepare(line)
		}
	}
	w.work()
	w.mute = false
	w.out.Reset()
}

func (w *World) prepare(line string) {
	w.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "clock":
		w.setClock(rest)
	case "group":
		w.group(rest)
	case "person", "guest":
		fields := strings.Fields(rest)
		p := w.person(fields[0])
		p.fresh = word == "guest"
		if len(fields) > 1 {
			p.lang = fields[1]
		}
		w.people[fields[0]] = p
		w.enter(p)
	case "leader", "merchant", "verifier", "operator":
		w.grant(domain.RoleName(word), rest)
	case "same": // one person on two channels: same 王团长@web 王团长@telegram
		w.same(strings.Fields(rest))
	case "point":
		name, hours, _ := strings.Cut(rest, "|")
		_, err := w.apps[0].desk.AddPoint(w.ctx, w.home, strings.TrimSpace(name), strings.TrimSpace(hours))
		w.must(err)
	case "deal":
		who, text, _ := strings.Cut(rest, ": ")
		w.line("> " + who + ": 开团 " + text)
		w.line("> " + who + " [post]")
		w.work()
	case ">":
		w.line(line)
	default:
		w.t.Fatalf("setup: cannot read %q", line)
	}
}

func (w *World) same(who []string) {
	w.t.Helper()
	a, second := w.enter(w.person(who[0])), w.person(who[1])
	w.must(w.pairs[0].DB.InTx(w.ctx, func(tx domain.Tx) error {
		return tx.SaveIdentity(w.ctx, domain.Identity{Channel: second.channel, External: second.name, Account: a.ID, SeenAt: w.pairs[0].Clock.Now()})
	}))
}

func (w *World) group(at string) domain.Chat {
	name, channel, _ := strings.Cut(at, "@")
	c, err := w.apps[0].desk.ChatFor(w.ctx, handlers.ChatCommand{Community: w.home, Channel: channel, External: name, Group: true, Title: name})
	w.must(err)
	return c
}

func (w *World) person(at string) person {
	if p, known := w.people[at]; known {
		return p
	}
	name, channel, _ := strings.Cut(at, "@")
	p := person{name: name, channel: channel}
	w.people[at] = p
	return p
}

func (w *World) enter(p person) domain.Account {
	lang := domain.Chinese
	if p.lang == string(domain.English) {
		lang = domain.English
	}
	a, err := w.apps[0].desk.Person(w.ctx, handlers.PersonCommand{Community: w.home, Channel: p.channel, External: p.name, Name: p.name, Lang: lang, Guest: p.fresh})
	w.must(err)
	return a
}

// grant gives a role: leader 王团长@web#群, verifier 小赵@web 3号楼大厅, merchant 老李@web.
func (w *World) grant(role domain.RoleName, rest string) {
	w.t.Helper()
	at, scope, _ := strings.Cut(rest, " ")
	at, chat, _ := strings.Cut(at, "#")
	p := w.person(at)
	if scope == "en" {
		p.lang, scope = scope, ""
		w.people[at] = p
	}
	switch {
	case chat != "":
		scope = string(w.group(chat + "@" + p.channel).ID)
	case role == domain.RoleVerifier:
		point, err := w.apps[0].desk.AddPoint(w.ctx, w.home, scope, "")
		w.must(err)
		scope = string(point.ID)
	}
	a := w.enter(p)
	w.must(w.apps[0].desk.Grant(w.ctx, handlers.GrantCommand{System: true, Role: domain.Role{Community: w.home, Account: a.ID, Name: role, Scope: scope}}))
}

func (w *World) setClock(s string) {
	w.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimSuffix(strings.TrimSpace(s), " +08:00"), zone())
	w.must(err)
	for _, p := range w.pairs {
		p.Clock.Set(at)
	}
}

// line plays one line of the conversation.
func (w *World) line(line string) {
	w.t.Helper()
	if !w.mute {
		fmt.Fprintln(&w.out, line)
	}
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "", "#":
	case ">":
		w.speak(rest)
	case "clock":
		w.setClock(rest)
	case "wait":
		d, err := time.ParseDuration(rest)
		w.must(err)
		w.pairs[0].Clock.Add(d)
		w.work()
	case "pass": // time alone, nobody works
		d, err := time.ParseDuration(rest)
		w.must(err)
		w.pairs[0].Clock.Add(d)
	case "relay":
		w.work()
	case "paid":
		w.paid(rest)
	case "refund":
		w.refund(rest)
	case "repeat":
		w.repeat()
	default:
		w.trouble(word, line)
	}
}

// trouble is what happens to programs.
func (w *World) trouble(word, line string) {
	w.t.Helper()
	switch word {
	case "restart":
		for i := range w.apps {
			w.apps[i].close()
			w.apps[i] = w.start(i)
		}
	case "flush": // whatever Redis knew is gone
		w.updates++
		for _, p := range w.pairs {
			p.Redis.UseEpoch(fmt.Sprintf("flushed%d", w.updates))
		}
	case "busy":
		for _, a := range w.apps {
			a.store.set(strings.HasSuffix(line, "on"))
		}
	case "unknown": // the next commit happens, and we are told that it may not have
		once := true
		w.pairs[0].Commits.Set(func(commit func() error) error {
			err := commit()
			if once {
				once = false
				return errors.Join(errBroken, err)
			}
			return err
		})
	default:
		if !strings.HasPrefix(line, "#") {
			w.t.Fatalf("cannot read %q", line)
		}
	}
}

// speak lets somebody say or press something and prints the answers.
func (w *World) speak(s string) {
	w.t.Helper()
	p, err := parseSpeech(s)
	w.must(err)
	w.last = w.update(p)
	w.lastSaid = w.handle(w.last, true)
	if !w.mute {
		w.out.WriteString(w.lastSaid)
	}
}

func (w *World) update(p speech) bot.Update {
	w.t.Helper()
	w.updates++
	who := w.person(p.Who + "@" + p.Channel)
	up := bot.Update{
		Channel: p.Channel, Key: fmt.Sprintf("m%d", w.updates), Kind: bot.KindText, Text: p.Text, At: w.pairs[0].Clock.Now(),
		Chat:   bot.ChatRef{ID: "private-" + p.Who, Kind: bot.ChatPrivate},
		Person: bot.PersonRef{ID: who.name, Name: who.name, Lang: who.lang, New: who.fresh}, Spoken: true,
	}
	where := p.Channel + "@" + p.Who
	up.At = up.At.Add(-p.Late)
	if p.SameKey {
		up.Key = w.last.Key
	}
	if p.Chat != "" {
		up.Chat = bot.ChatRef{ID: p.Chat, Kind: bot.ChatGroup, Title: p.Chat}
		up.Spoken = p.Mention || p.Reply != ""
		where = p.Channel + "#" + p.Chat
	}
	switch {
	case p.Button != "":
		up.Kind, up.Spoken = bot.KindAction, true
		up.Action, up.Pressed = w.button(where, p.Button)
	case p.Event != "":
		up.Kind = bot.Kind(p.Event)
		switch up.Kind {
		case bot.KindPicture:
			up.Picture = p.Arg
		case bot.KindOpen:
			up.Action = p.Arg
		case "long": // so many characters
			n, err := strconv.Atoi(p.Arg)
			w.must(err)
			up.Kind, up.Text = bot.KindText, strings.Repeat("长", n)
		}
	}
	if p.Reply != "" {
		up.ReplyTo = w.card(p)
	}
	sum := sha256.Sum256([]byte(up.Text + "\x00" + up.Action))
	up.Hash = hex.EncodeToString(sum[:])
	return up
}

// button finds the newest message in a chat with a button of that label; what is no label is the action itself.
func (w *World) button(where, label string) (action, message string) {
	for i := len(w.seen) - 1; i >= 0; i-- {
		if w.seen[i].where != where {
			continue
		}
		for _, c := range w.seen[i].reply.Choices {
			if c.Action != "" && (c.Label == label || c.Action == label) {
				return c.Action, w.seen[i].id
			}
		}
	}
	return label, ""
}

// card is the message of a deal's card in a chat.
func (w *World) card(p speech) string {
	w.t.Helper()
	sheet, err := w.apps[0].desk.DealByCode(w.ctx, p.Reply)
	w.must(err)
	chat, err := w.apps[0].desk.ChatByExternal(w.ctx, p.Channel, p.Chat)
	w.must(err)
	for _, c := range sheet.Chats {
		if c.Chat == chat.ID {
			return c.CardMsg
		}
	}
	w.t.Fatalf("no card of %s in %s", p.Reply, p.Chat)
	return ""
}

// handle gives an update to the program and returns the answers as files show them. New answers can be pressed later.
func (w *World) handle(up bot.Update, fresh bool) string {
	w.t.Helper()
	replies, err := w.app().handler.Handle(w.ctx, up)
	sub := &World{t: w.t}
	switch {
	case errors.Is(err, domain.ErrUnknown):
		return "< (not acknowledged: unknown)\n"
	case err != nil:
		return "< (not acknowledged: " + fault(err) + ")\n"
	case len(replies) == 0:
		return "< (silence)\n"
	}
	for i, r := range replies {
		w.codes[r.Code] = true
		sub.print("< ", r)
		if !fresh {
			continue
		}
		where := up.Channel + "@" + up.Person.ID
		if up.Chat.Kind == bot.ChatGroup && !r.Private {
			where = up.Channel + "#" + up.Chat.ID
		}
		w.seen = append(w.seen, shown{where: where, id: fmt.Sprintf("%s/%d", up.Key, i), reply: r})
	}
	return sub.out.String()
}

// fault names a fault without its moving parts.
func fault(err error) string {
	for _, known := range []error{domain.ErrBusy, domain.ErrNotFound, domain.ErrGuard, domain.ErrDuplicate} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return err.Error()
}

// repeat delivers the last update once more: the same words, and nothing in the tables moves.
func (w *World) repeat() {
	w.t.Helper()
	before := strings.Join(w.tables(), "\n")
	again := w.handle(w.last, false)
	told := !strings.HasPrefix(w.lastSaid, "< (not acknowledged")
	if after := strings.Join(w.tables(), "\n"); told && after != before {
		w.t.Errorf("a repeated message changed something:\n%s\n--- before:\n%s", after, before)
	}
	if told && again != w.lastSaid {
		w.t.Errorf("a repeated message was answered differently:\n%s--- at first:\n%s", again, w.lastSaid)
	}
	if again != w.lastSaid {
		w.out.WriteString(again)
	}
}
