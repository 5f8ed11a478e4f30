package chat

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

func (t *talk) points() ([]domain.Point, error) {
	points, err := t.h.c.Desk.Points(t.ctx, t.community.ID)
	if err != nil {
		return nil, fmt.Errorf("pickup points: %w", busy(err))
	}
	return points, nil
}

func (t *talk) offerPlaces(p *posting, r *bot.Reply) error {
	points, err := t.points()
	if err != nil {
		return err
	}
	p.Places = nil
	for i, point := range points[:min(4, len(points))] {
		p.Places = append(p.Places, point.Name)
		r.Choices = append(r.Choices, t.pickNo(i+1, say.Line(point.Name, say.MaxName)))
	}
	p.Places = append(p.Places, "")
	r.Choices = append(r.Choices, t.pickNo(len(p.Places), t.w("post.later")))
	return nil
}

// readDraft reads a description of a deal. A pickup point that the community has needs no word before or after its name.
func (t *talk) readDraft(text string) (Draft, error) {
	points, err := t.points()
	if err != nil {
		return Draft{}, err
	}
	d, err := t.h.c.Understand(t.ctx, text, t.setting())
	if err != nil {
		return d, fmt.Errorf("understand a deal: %w", err)
	}
	if d.Place != "" {
		d.Place = asKnown(points, d.Place)
		return d, nil
	}
	point, rest := pointIn(points, text)
	if point == "" {
		return d, nil
	}
	if d, err = t.h.c.Understand(t.ctx, rest, t.setting()); err != nil {
		return d, fmt.Errorf("understand a deal: %w", err)
	}
	d.Place = point
	return d, nil
}

// asKnown is a place as the community writes it: "3号楼大厅" is no second point beside "3 号楼大厅".
func asKnown(points []domain.Point, place string) string {
	for _, p := range points {
		if unspaced(p.Name) == unspaced(place) {
			return p.Name
		}
	}
	return place
}

func unspaced(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

// pointIn finds the longest name of a point in a text, and the text without it.
func pointIn(points []domain.Point, text string) (name, rest string) {
	for _, p := range points {
		re := placeNamed(p.Name)
		if re == nil || len(p.Name) <= len(name) {
			continue
		}
		if m := re.FindStringSubmatchIndex(text); m != nil {
			name, rest = p.Name, text[:m[2]]+"\n"+text[m[3]:]
		}
	}
	return name, rest
}

// placeNamed matches a name however it is spaced, but not within a longer number or word. A very short name could be anything.
func placeNamed(name string) *regexp.Regexp {
	bare := unspaced(name)
	if utf8.RuneCountInString(bare) < 3 {
		return nil
	}
	var spaced []string
	for _, r := range bare {
		spaced = append(spaced, regexp.QuoteMeta(string(r)))
	}
	before, after := "", ""
	if bare[0] < utf8.RuneSelf {
		before = `(?:^|[^0-9A-Za-z])`
	}
	if bare[len(bare)-1] < utf8.RuneSelf {
		after = `(?:$|[^0-9A-Za-z])`
	}
	return regexp.MustCompile(`(?i)` + before + `(` + strings.Join(spaced, `\s*`) + `)` + after)
}

// pointOf is the point as the card will show it: a known one keeps its hours.
func (t *talk) pointOf(d Draft) (domain.Point, error) {
	points, err := t.points()
	if err != nil {
		return domain.Point{}, err
	}
	for _, p := range points {
		if p.Name == d.Place {
			return p, nil
		}
	}
	return domain.Point{Name: d.Place, Hours: d.PickupTime}, nil
}
