package say

import (
	"strings"

	"tuanbot/bot"
)

// mergedNames is how many people a merged echo names.
const mergedNames = 5

// Merged is one line for many joins, when a chat may hear only little: ✅ 小明 +2、王姐 +1…（共 9 人）.
func (v Voice) Merged(js []Joined) bot.Reply {
	parts, people := make([]string, 0, len(js)), map[string]bool{}
	for _, j := range js {
		people[j.Name] = true
		if len(parts) < mergedNames {
			parts = append(parts, v.Name(j.Name)+" "+signed(j.Qty))
		}
	}
	list := strings.Join(parts, v.words("and"))
	if len(js) > len(parts) {
		list = v.words("merged.more", "list", list)
	}
	return v.reply("merged", "merged", "list", list, "people", v.People(int64(len(people))))
}

// Together makes one reply of several for a chat that may hear only little: their texts, a line each, and the buttons of
// the first that has any. Cards and pictures cannot be merged; ok is false then.
func Together(rs []bot.Reply) (r bot.Reply, ok bool) {
	lines := make([]string, 0, len(rs))
	for _, one := range rs {
		if one.Card != nil || one.Picture != nil || one.Text == "" {
			return bot.Reply{}, false
		}
		lines = append(lines, one.Text)
		if len(r.Choices) == 0 {
			r.Choices = one.Choices
		}
	}
	r.Text, r.Code = strings.Join(lines, "\n"), "together"
	return r, len(rs) > 0
}
