package words

import (
	"slices"
	"strings"
)

// made are what is made of fruit and is none: an orange is no orange juice.
const made = "|juice|pie|jam|cake|tea|cider|vinegar|sauce|crumble|tart|yogurt|yoghurt|milk|oil|water|chip|candy|wine|syrup|marmalade|jelly|sorbet|smoothie|"

// mostKnown bounds what is remembered for one message.
const mostKnown = 500

// worded are the items with an English word in their names, or abbreviated by the first letters of their pinyin.
func (c catalogue) worded(word string) []int {
	found, known := c.short[word]
	if !known {
		found = c.findWorded(word)
		if len(c.short) < mostKnown {
			c.short[word] = found
		}
	}
	return found
}

func (c catalogue) findWorded(word string) []int {
	var out []int
	short := stem(word)
	if found := c.members(short); len(found) > 0 {
		return found
	}
	for i, g := range c.goods {
		if slices.Contains(g.words, short) {
			out = append(out, i)
		}
	}
	if len(out) > 0 || len(word) < 2 {
		return out
	}
	for i := range c.goods {
		g := &c.goods[i]
		if g.initials == "" {
			if g.initials = Initials(g.Name); g.initials == "" {
				g.initials = "-"
			}
		}
		if isHan(at(g.name, 0)) && (g.initials == word || len(word) > 2 && len(word) < len(g.initials) && (strings.HasPrefix(g.initials, word) || strings.HasSuffix(g.initials, word))) {
			out = append(out, i)
		}
	}
	return out
}

// madeOf: the word is only what the goods are made of, or taste of.
func (c catalogue) madeOf(found []int, word string) bool {
	if kinds[stem(word)] == "" {
		return false
	}
	for _, i := range found {
		w := c.goods[i].words
		if len(w) < 2 || w[len(w)-1] == stem(word) || !strings.Contains(made, "|"+w[len(w)-1]+"|") {
			return false
		}
	}
	return true
}

// pictured are the items that a picture shows.
func (c catalogue) pictured(r rune) []int {
	var out []int
	if r < 0x1F000 || pictures[r] == "" {
		return nil
	}
	for i, g := range c.goods {
		for w := range strings.SplitSeq(pictures[r], "|") {
			if strings.Contains(g.text, w) {
				out = append(out, i)
				break
			}
		}
	}
	return out
}
