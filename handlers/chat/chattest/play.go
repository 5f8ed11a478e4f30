package chattest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/storage/storagetest/engines"
)

// Play plays a file over one pair of engines, or line by line over two copies of the program on one pair, and compares every
// answer, every push and the rows at the end. With update the file is written anew; read the difference as a conversation.
// It returns the codes of all answers.
func Play(t *testing.T, path string, update bool, pairs ...engines.Pair) map[string]bool {
	t.Helper()
	raw := read(t, path)
	got, codes := Run(t, raw, pairs...)
	if got == raw {
		return codes
	}
	if update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a test file, for everybody to read
			t.Fatal(err)
		}
		return codes
	}
	t.Errorf("%s reads differently now (go test ./handlers/chat -update rewrites it):\n%s", path, difference(raw, got))
	return codes
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Run plays a script and returns the whole file as it reads now, and the codes of all answers.
func Run(t *testing.T, text string, pairs ...engines.Pair) (now string, codes map[string]bool) {
	t.Helper()
	w := newWorld(t, pairs...)
	return w.play(text), w.codes
}

func (w *World) play(text string) string {
	w.t.Helper()
	s := ParseScript(text)
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
	return out
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
	case "deaf": // a chat takes nothing any more: deaf 三号楼@telegram
		chat, channel, _ := strings.Cut(rest, "@")
		w.channels[channel].Deafen(chat)
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
	p, err := parseSpeech(strings.ReplaceAll(s, codeMark, w.code))
	w.must(err)
	w.last = w.update(p)
	w.lastSaid = w.handle(w.last, &p)
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
		switch up.Kind { //nolint:exhaustive // the others need nothing special
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
	for _, v := range slices.Backward(w.seen) {
		if v.where != where {
			continue
		}
		for _, c := range v.reply.Choices {
			if c.Action != "" && (c.Label == label || c.Action == label) {
				return c.Action, v.id
			}
		}
	}
	return label, ""
}

// label is what is written on the newest button that stands for an action.
func (w *World) label(action string) string {
	for _, v := range slices.Backward(w.seen) {
		for _, c := range v.reply.Choices {
			if c.Action == action {
				return c.Label
			}
		}
	}
	return ""
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

// reach gives an update to the program, over the wire if there is one and somebody has just said it.
func (w *World) reach(up bot.Update, said *speech) ([]bot.Reply, error) {
	w.t.Helper()
	if w.wire != nil && said != nil {
		made, replies, over, err := w.wire.carry(up, *said)
		if w.last = made; over {
			return replies, err
		}
	}
	return w.app().handler.Handle(w.ctx, up)
}

// handle gives an update to the program and returns the answers as files show them. What was just said, and not repeated,
// brings answers that can be pressed later.
func (w *World) handle(up bot.Update, said *speech) string {
	w.t.Helper()
	replies, err := w.reach(up, said)
	if err == nil && said != nil && up.Kind != bot.KindGone { // where somebody was heard of last is where they are told
		w.must(w.pairs[0].DB.InTx(w.ctx, func(tx domain.Tx) error {
			return tx.SeeIdentity(w.ctx, up.Channel, up.Person.ID, w.pairs[0].Clock.Now())
		}))
	}
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
		if said := linkCode.FindString(r.Text); said != "" {
			w.code = said
		}
		sub.print("< ", r)
		if said == nil {
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
	if w.wire != nil {
		w.wire.again()
	}
	again := w.handle(w.last, nil)
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
