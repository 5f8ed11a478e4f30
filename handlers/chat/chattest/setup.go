package chattest

import (
	"strings"
	"time"

	"tuanbot/domain"
	"tuanbot/handlers"
)

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
