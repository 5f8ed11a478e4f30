package words

import (
	"slices"
	"strings"
)

// containers and vessels hold one share where nothing says what a share comes in.
const (
	containers = "|箱|盒|袋|包|提|框|篮|礼盒|大箱|小箱|大盒|小盒|大袋|小袋|box|bag|pack|carton|"
	vessels    = "|瓶|罐|桶|壶|听|"
)

// shares: nothing on offer names a unit of its own, so that whoever writes 两箱 means two shares.
func (c catalogue) shares(unit string) bool {
	vessel := strings.Contains(vessels, "|"+unit+"|")
	if unit == "" || len(c.goods) == 0 || !vessel && !strings.Contains(containers, "|"+unit+"|") {
		return false
	}
	for _, g := range c.goods {
		weighs, pours := false, false
		for _, in := range g.specs {
			weighs, pours = weighs || weights[in.unit], pours || in.unit == "ml" || in.unit == "升"
			if in.unit == unit {
				return false
			}
		}
		if g.unit != "份" || g.Unit != "" && !weighs || vessel && !pours {
			return false
		}
	}
	return true
}

// holding are the items with this character in their names.
func (c catalogue) holding(r rune) []int {
	var out []int
	for i, g := range c.goods {
		if slices.Contains(g.name, r) {
			out = append(out, i)
		}
	}
	return out
}

// shortened are those of which only the last character follows: 抹茶卷 of 抹茶生乳卷.
func (c catalogue) shortened(found []int, s []rune, k int) []int {
	var out []int
	for _, i := range found {
		name := c.goods[i].name
		if n := len(name); n > 3 && k < len(s) && isHan(s[k]) && s[k] == name[n-1] && s[k-1] != s[k] {
			out = append(out, i)
		}
	}
	return out
}
