package chat

import (
	"slices"
	"strings"
	"unicode/utf8"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/handlers/chat/chains"
	"tuanbot/handlers/chat/words"
)

// listDeals are the deals that a pasted list may be of: those whose goods it names; of several, the one whose title stands
// above it, or the only one in which it leaves hardly a doubt.
func (t *talk) listDeals() ([]domain.DealSheet, error) {
	pool, err := t.here()
	if err != nil {
		return nil, err
	}
	read := filter(pool, t.readsAsList)
	switch len(read) {
	case 0:
		return pool, nil
	case 1:
		return read, nil
	}
	for _, keep := range []func(domain.DealSheet) bool{t.titled, t.undoubted} {
		if kept := filter(read, keep); len(kept) == 1 {
			return kept, nil
		}
	}
	return read, nil
}

// titled: the deal's title stands above the list.
func (t *talk) titled(s domain.DealSheet) bool {
	c, _ := chains.Read(t.text, t.context(s).Items)
	title := words.Fold(s.Deal.Terms.Title)
	return utf8.RuneCountInString(title) > 1 && slices.ContainsFunc(c.Title, func(l string) bool { return strings.Contains(words.Fold(l), title) })
}

// undoubted: at most one line in ten is doubtful there.
func (t *talk) undoubted(s domain.DealSheet) bool {
	c, _ := chains.Read(t.text, t.context(s).Items)
	doubts := 0
	for _, e := range c.Entries {
		if e.Doubt != "" {
			doubts++
		}
	}
	return doubts*10 <= len(c.Entries)
}

// keptList is how long a list may be, in runes, that is kept while its deal is asked for.
const keptList = 6000

// keepList remembers a list whose deal is asked for, so that the button takes it.
func (t *talk) keepList(asked []bot.Reply) error {
	if len(asked) == 0 || asked[0].Code != "which_deal" || utf8.RuneCountInString(t.text) > keptList {
		return nil
	}
	if err := t.recall(); err != nil {
		return err
	}
	t.memory.begin(stepList, t.v.Now)
	t.memory.Text = t.text
	return nil
}

// pasteKept takes the list that waited for its deal.
func (t *talk) pasteKept(s domain.DealSheet) ([]bot.Reply, error) {
	if err := t.recall(); err != nil {
		return nil, err
	}
	kept := t.memory.Text
	if t.memory.Step != stepList || kept == "" {
		return privately(t.say1("chain_gone", "chain.again")), nil // perhaps it was somebody else's list
	}
	t.text = kept
	t.memory.end()
	if !t.readsAsList(s) {
		return t.replacing(t.say1("chain_gone", "chain.again")), nil
	}
	replies, err := t.pasteInto(s)
	return t.replacing(replies), err
}
