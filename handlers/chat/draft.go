package chat

import (
	"context"
	"strings"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
	"tuanbot/handlers/chat/words"
)

// Draft is a deal that is being described. It is kept between messages, so that it holds plain data only.
type Draft struct {
	Kind           domain.DealKind   `json:"kind,omitempty"`
	Title          string            `json:"title,omitempty"`
	Items          []DraftItem       `json:"items,omitempty"`
	Pay            domain.PayWhen    `json:"pay,omitempty"`
	Threshold      int64             `json:"threshold,omitempty"`
	ThresholdUnit  domain.Unit       `json:"threshold_unit,omitempty"`
	Cap            int64             `json:"cap,omitempty"`
	CapUnit        domain.Unit       `json:"cap_unit,omitempty"`
	LimitPerson    int64             `json:"limit_person,omitempty"`
	LimitHousehold int64             `json:"limit_household,omitempty"`
	OpensAt        time.Time         `json:"opens_at,omitzero"`
	Deadline       time.Time         `json:"deadline,omitzero"`
	TeamTTL        time.Duration     `json:"team_ttl,omitempty"`
	Fulfilment     domain.Fulfilment `json:"fulfilment,omitempty"`
	Place          string            `json:"place,omitempty"`
	PickupTime     string            `json:"pickup_time,omitempty"`
	Merchant       string            `json:"merchant,omitempty"`
	Note           string            `json:"note,omitempty"`
	Picture        string            `json:"picture,omitempty"`
}

// DraftItem is one thing on offer in a draft; amounts are in fen.
type DraftItem struct {
	Name   string `json:"name,omitempty"`
	Spec   string `json:"spec,omitempty"`
	Unit   string `json:"unit,omitempty"`
	Group  int64  `json:"group,omitempty"`
	Solo   int64  `json:"solo,omitempty"`
	Supply int64  `json:"supply,omitempty"`
	Stock  int64  `json:"stock,omitempty"`
	Limit  int64  `json:"limit,omitempty"`
}

// Setting is what an Understander may lean on beside the text.
type Setting struct {
	Now      time.Time // in the community's zone
	Lang     domain.Lang
	Currency money.Currency
}

// Understander reads a description of a deal in free words. What a text does not say stays empty and becomes a question.
// Plain, below, is the deterministic one; a deeper one takes its place in the Config.
type Understander interface {
	Understand(ctx context.Context, text string, in Setting) (Draft, error)
}

// merge puts what a later message says over a draft.
func (d Draft) merge(n Draft) Draft {
	over(&d.Kind, n.Kind)
	over(&d.Title, n.Title)
	over(&d.Pay, n.Pay)
	if n.Threshold != 0 {
		d.Threshold, d.ThresholdUnit = n.Threshold, n.ThresholdUnit
	}
	if n.Cap != 0 {
		d.Cap, d.CapUnit = n.Cap, n.CapUnit
	}
	over(&d.LimitPerson, n.LimitPerson)
	over(&d.LimitHousehold, n.LimitHousehold)
	if !n.OpensAt.IsZero() {
		d.OpensAt = n.OpensAt
	}
	if !n.Deadline.IsZero() {
		d.Deadline = n.Deadline
	}
	over(&d.TeamTTL, n.TeamTTL)
	over(&d.Fulfilment, n.Fulfilment)
	over(&d.Place, n.Place)
	over(&d.PickupTime, n.PickupTime)
	over(&d.Merchant, n.Merchant)
	over(&d.Note, n.Note)
	over(&d.Picture, n.Picture)
	d.Items = mergeItems(d.Items, n.Items)
	return d
}

func over[T comparable](to *T, from T) {
	var zero T
	if from != zero {
		*to = from
	}
}

// mergeItems: several new items replace the old ones; one without a name changes the only one.
func mergeItems(old, now []DraftItem) []DraftItem {
	if len(now) == 0 {
		return old
	}
	if len(old) != 1 || len(now) != 1 {
		return now
	}
	it := old[0]
	n := now[0]
	over(&it.Name, n.Name)
	over(&it.Spec, n.Spec)
	over(&it.Unit, n.Unit)
	over(&it.Group, n.Group)
	over(&it.Solo, n.Solo)
	over(&it.Supply, n.Supply)
	over(&it.Stock, n.Stock)
	over(&it.Limit, n.Limit)
	return []DraftItem{it}
}

// The questions that a draft can leave open, in the order in which they are asked.
const (
	askTitle     = "title"
	askPrice     = "price"
	askThreshold = "threshold"
	askDeadline  = "deadline"
	askPlace     = "place"
	askTeamTTL   = "ttl"
)

// missing is the next question that must be answered before a preview makes sense; "" when there is none. Guided also asks
// what has a default.
func (d Draft) missing(guided bool, answered map[string]bool) string {
	switch {
	case d.Title == "" && len(d.Items) < 2:
		return askTitle
	case len(d.Items) == 0 || d.priceless():
		return askPrice
	case guided && d.Threshold == 0 && !answered[askThreshold]:
		return askThreshold
	case d.Deadline.IsZero():
		return askDeadline
	case guided && d.Place == "" && d.Fulfilment == "" && !answered[askPlace]:
		return askPlace
	}
	return ""
}

func (d Draft) priceless() bool {
	for _, it := range d.Items {
		if it.Group == 0 {
			return true
		}
	}
	return false
}

// terms are the draft as the domain wants it; point and merchant are found by the caller.
func (d Draft) terms() domain.DealTerms {
	t := domain.DealTerms{
		Kind: d.Kind, Title: d.Title, Note: d.Note, Picture: d.Picture, Pay: d.Pay, Cap: d.Cap, CapUnit: d.CapUnit, Threshold: d.Threshold,
		ThresholdUnit: d.ThresholdUnit, LimitPerson: d.LimitPerson, LimitHousehold: d.LimitHousehold, OpensAt: d.OpensAt, DeadlineAt: d.Deadline,
		TeamTTL: d.TeamTTL, Fulfilment: d.Fulfilment, PickupTime: d.PickupTime,
	}
	if t.Kind == "" {
		t.Kind = domain.KindChain
	}
	if t.Pay == "" {
		t.Pay = domain.PayAfterFormed
	}
	if t.Fulfilment == "" {
		t.Fulfilment = domain.FulfilPickup
	}
	if t.ThresholdUnit == "" {
		t.ThresholdUnit = domain.UnitNone
	}
	if t.Title == "" {
		names := make([]string, 0, len(d.Items))
		for _, it := range d.Items {
			names = append(names, it.Name)
		}
		t.Title = cutRunes(strings.Join(names, "、"), domain.MaxTitle)
	}
	t.Icon = iconOf(t.Title)
	return t
}

func cutRunes(s string, n int) string {
	if rs := []rune(s); len(rs) > n {
		return string(rs[:n])
	}
	return s
}

// newItems are the draft's items as the domain wants them.
func (d Draft) newItems(cur money.Currency) []domain.NewItem {
	out := make([]domain.NewItem, 0, len(d.Items))
	for _, it := range d.Items {
		n := domain.NewItem{
			Name: it.Name, Spec: it.Spec, Unit: it.Unit, Group: money.Of(it.Group, cur), Solo: money.Of(it.Solo, cur),
			Supply: money.Of(it.Supply, cur), Stock: it.Stock, Limit: it.Limit,
		}
		if n.Name == "" {
			n.Name = d.Title
		}
		out = append(out, n)
	}
	return out
}

// icons are shown before a title that names the thing.
var icons = []struct{ icon, words string }{
	{"🍇", "葡萄 阳光玫瑰 提子 grape muscat"},
	{"🍓", "草莓 strawberr"},
	{"🍎", "苹果 apple"},
	{"🍊", "橙 橘 柑 orange mandarin"},
	{"🍉", "西瓜 watermelon"},
	{"🍌", "香蕉 banana"},
	{"🥭", "芒果 mango"},
	{"🍒", "樱桃 车厘子 cherr"},
	{"🍑", "桃 peach"},
	{"🥚", "蛋 egg"},
	{"🥛", "奶 milk"},
	{"🍞", "面包 吐司 bread"},
	{"🥩", "牛肉 羊肉 猪肉 beef pork lamb"},
	{"🐟", "鱼 fish"},
	{"🦐", "虾 shrimp prawn"},
	{"🦀", "蟹 crab"},
	{"🥬", "菜 vegetable"},
	{"🍚", "米 rice"},
	{"🌽", "玉米 corn"},
	{"🍵", "茶 tea"},
	{"🌸", "花 flower"},
	{"🧻", "纸 tissue"},
}

func iconOf(title string) string {
	low := words.Fold(title)
	for _, i := range icons {
		for w := range strings.FieldsSeq(i.words) {
			if strings.Contains(low, w) {
				return i.icon
			}
		}
	}
	return ""
}
