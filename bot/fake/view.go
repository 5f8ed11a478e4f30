package fake

import (
	"net/url"
	"strings"

	"tuanbot/assets"
)

// view is what the page shows.
type view struct {
	Lang, Title, Switch, Live  string
	Sandbox, Elder             bool // of the frame that all pages share
	Platform, Who, WhoID, Chat string
	Note                       string
	Platforms                  []platformView
	Chats                      []linkView
	Messages                   []messageView
	Toasts, Faults             []string
}

type platformView struct {
	Name   string
	People []linkView
}

type linkView struct {
	Name, Face, To string
	Current        bool
}

type messageView struct {
	ID, From, Text, Clock, Form, Picture, PictureURL string
	Mine                                             bool
	Edited                                           int
	Buttons                                          []buttonView
}

type buttonView struct {
	Label, Message, Press, URL, Open string
}

// view looks at a place; one that names nobody is the first person's private talk.
func (p *Page) view(at place) view {
	on := p.platform(at.platform)
	if on == nil && len(p.platforms) > 0 {
		on = p.platforms[0]
		at.platform, at.who, at.chat = on.Name(), "", ""
	}
	v := view{Lang: at.lang, Title: assets.Word(at.lang, "fake.title")}
	if on == nil {
		return v
	}
	if people := on.People(); at.who == "" && len(people) > 0 {
		at.who = people[0].ID
	}
	other := at
	if other.lang = "en"; at.lang == "en" {
		other.lang = "zh"
	}
	v.Platform, v.WhoID, v.Chat, v.Switch, v.Live = at.platform, at.who, at.chat, other.link("/"), at.link("/talk")
	names := p.people(&v, at)
	v.Who = names[at.who]
	v.Chats = append(v.Chats, linkView{Name: assets.Word(at.lang, "fake.private"), To: place{at.platform, at.who, "", at.lang}.link("/"), Current: at.chat == ""})
	for _, c := range on.Chats() {
		v.Chats = append(v.Chats, linkView{Name: c.Title, To: place{at.platform, at.who, c.ID, at.lang}.link("/"), Current: at.chat == c.ID})
	}
	for _, m := range on.Shown(at.who, at.chat) {
		v.Messages = append(v.Messages, messageOf(on, m, at, names))
	}
	if toasts, ok := on.(interface{ Toasts(who string) []string }); ok {
		all := toasts.Toasts(at.who)
		v.Toasts = all[max(0, len(all)-1):] // an older one is gone from the screen
	}
	return v
}

// people fills the list of platforms and people, and the faults of all.
func (p *Page) people(v *view, at place) map[string]string {
	names := map[string]string{}
	for _, x := range p.platforms {
		pv := platformView{Name: x.Name()}
		for _, who := range x.People() {
			if x.Name() == at.platform {
				names[who.ID] = who.Name
			}
			pv.People = append(pv.People, linkView{
				Name: who.Name, Face: firstRune(who.Name), To: place{x.Name(), who.ID, "", at.lang}.link("/"),
				Current: x.Name() == at.platform && who.ID == at.who,
			})
		}
		v.Platforms = append(v.Platforms, pv)
		for _, f := range x.Faults() {
			v.Faults = append(v.Faults, x.Name()+": "+f)
		}
	}
	return names
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return "?"
}

func messageOf(on Platform, m Message, at place, names map[string]string) messageView {
	v := messageView{
		ID: m.ID, From: names[m.From], Text: m.Text, Clock: m.At.Format("15:04:05"), Form: m.Form, Picture: m.Picture, Edited: m.Edited,
		Mine: m.From != "" && m.From == at.who,
	}
	if m.From == "" {
		v.From = assets.Word(at.lang, "fake.bot")
	}
	if keeper, ok := on.(interface{ Picture(file string) []byte }); ok && len(keeper.Picture(m.Picture)) > 0 {
		v.PictureURL = "/picture?" + url.Values{"p": {on.Name()}, "file": {m.Picture}}.Encode()
	}
	for _, b := range m.Buttons {
		bv := buttonView{Label: b.Label, Message: m.ID, Press: b.Press, URL: b.URL}
		if strings.Contains(b.URL, "?start=") { // it leads back to the platform itself
			bv.Open = b.URL
		}
		v.Buttons = append(v.Buttons, bv)
	}
	return v
}
