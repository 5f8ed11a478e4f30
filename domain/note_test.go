package domain

import (
	"strings"
	"testing"
)

// A note goes with the order: more of the order brings more of a note, nothing said takes nothing away, and the list's own
// note replaces what the list said before.
func TestNotesGoWithTheOrder(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	c := w.joining(xiaoming, w.a(2))
	c.Note = " 要熟\n一点的 "
	w.does(t, c)
	equal(t, "note", w.order(1).Note, "要熟 一点的")
	w.joins(t, xiaoming, w.b(1))
	equal(t, "note after a bare +1", w.order(1).Note, "要熟 一点的")
	c = w.joining(xiaoming, w.a(1))
	c.Note = "放门卫"
	w.does(t, c)
	w.does(t, c)
	equal(t, "two notes", w.order(1).Note, "要熟 一点的 / 放门卫")
	change := ChangeCommand{Ask: w.ask(xiaoming), Who: xiaoming, Wants: w.a(1), All: true, Note: "不要袋子"}
	w.does(t, change)
	equal(t, "three notes", w.order(1).Note, "要熟 一点的 / 放门卫 / 不要袋子")
	change.Ask, change.Anew, change.Note = w.ask(xiaoming), true, "要硬的"
	equal(t, "only the note", string(w.does(t, change).Did), string(DidChange))
	equal(t, "note anew", w.order(1).Note, "要硬的")
	change.Ask, change.Note = w.ask(xiaoming), ""
	equal(t, "nothing new", string(w.does(t, change).Did), string(DidNothing))
	equal(t, "kept", w.order(1).Note, "要硬的")
	c = w.joining(wang, w.a(1))
	c.Note = strings.Repeat("长", 3*MaxNote)
	w.does(t, c)
	equal(t, "cut", len([]rune(w.order(2).Note)), MaxNote)
}
