package say

import (
	"fmt"
	"strconv"

	"tuanbot/bot"
	"tuanbot/domain"
)

// mostBuildings is how many buildings are offered as buttons.
const mostBuildings = 4

// BuildingChoices are the buildings that a room may be in; none when they are many or cannot stand in a button. With a deal's
// code and a number the home goes to that order, else to the one that waits for it.
func (v Voice) BuildingChoices(all []string, room string, order ...string) []bot.Choice {
	if len(all) > mostBuildings {
		return nil
	}
	var cs []bot.Choice
	for _, b := range all {
		a := Plain(VerbHousehold, append([]string{b, room}, order...)...)
		if _, ok := ParseAction(a); ok && len(a) <= MaxAction {
			cs = append(cs, bot.Choice{Label: v.words("button.building", "building", b), Action: a})
		}
	}
	return cs
}

// askHome asks which building a room is in that somebody typed alone in a group.
func (v Voice) askHome(d domain.Delivery, f NoticeFacts) bot.Reply {
	room, o := fmt.Sprintf("%0*d", d.Num["digits"], d.Num["room"]), f.Order
	key := "notice.ask_home"
	if o.Beneficiary != "" {
		key += ".for"
	}
	as := append(v.noticeWords(d, f), "room", room, "for", v.Name(o.Beneficiary))
	return bot.Reply{Text: v.words(key, as...), Choices: v.BuildingChoices(f.Buildings, room, f.Sheet.Deal.Code, strconv.FormatInt(o.Serial, 10)), Private: true}
}
