package wechat

import (
	"context"
	"errors"
	"fmt"
)

// menuAction marks a menu key that is an action; any other key is what the person would have typed.
const menuAction = "do:"

// The platform's limits of a menu.
const (
	menuTop      = 3
	menuBelow    = 5
	menuTopName  = 16 // bytes
	menuSubName  = 60
	menuKeyBytes = 128
)

// MenuButton is one entry of the account's own menu. It has either entries below it, or exactly one of Text (as if typed),
// Action and URL.
type MenuButton struct {
	Label  string       `json:"label" yaml:"label"`
	Text   string       `json:"text,omitempty" yaml:"text"`
	Action string       `json:"action,omitempty" yaml:"action"`
	URL    string       `json:"url,omitempty" yaml:"url"`
	Below  []MenuButton `json:"below,omitempty" yaml:"below"`
}

// wireButton is a menu entry as the platform takes it.
type wireButton struct {
	Type string       `json:"type,omitempty"`
	Name string       `json:"name"`
	Key  string       `json:"key,omitempty"`
	URL  string       `json:"url,omitempty"`
	Sub  []wireButton `json:"sub_button,omitempty"`
}

// SetMenu replaces the account's menu. What the platform would refuse is refused here, with words.
func (c *Channel) SetMenu(ctx context.Context, buttons []MenuButton) error {
	wire, err := menuOf(buttons, menuTop, menuTopName)
	if err != nil {
		return fmt.Errorf("set the menu: %w", err)
	}
	if err := c.api.call(ctx, "/cgi-bin/menu/create", nil, map[string]any{"button": wire}, nil); err != nil {
		return fmt.Errorf("set the menu: %w", err)
	}
	return nil
}

func menuOf(buttons []MenuButton, most, name int) ([]wireButton, error) {
	if len(buttons) == 0 || len(buttons) > most {
		return nil, fmt.Errorf("a row has 1 to %d entries, not %d", most, len(buttons))
	}
	wire := make([]wireButton, 0, len(buttons))
	for _, b := range buttons {
		w, err := b.wire(name)
		if err != nil {
			return nil, fmt.Errorf("entry %q: %w", b.Label, err)
		}
		if len(b.Below) > 0 {
			if most != menuTop {
				return nil, errors.New("a menu has two levels")
			}
			if w.Sub, err = menuOf(b.Below, menuBelow, menuSubName); err != nil {
				return nil, err
			}
		}
		wire = append(wire, w)
	}
	return wire, nil
}

func (b MenuButton) wire(name int) (wireButton, error) {
	if b.Label == "" || len(b.Label) > name {
		return wireButton{}, fmt.Errorf("a name has 1 to %d bytes, about %d characters", name, name/3)
	}
	given := 0
	for _, s := range []string{b.Text, b.Action, b.URL} {
		if s != "" {
			given++
		}
	}
	if given+min(1, len(b.Below)) != 1 {
		return wireButton{}, errors.New("needs exactly one of text, action, url and entries below")
	}
	w := wireButton{Name: b.Label}
	switch {
	case b.URL != "":
		if !goodURL(b.URL) || len(b.URL) > maxURL {
			return wireButton{}, errors.New("the address is no good")
		}
		w.Type, w.URL = "view", b.URL
	case given == 1:
		w.Type, w.Key = "click", b.Text
		if b.Action != "" {
			w.Key = menuAction + b.Action
		}
		if len(w.Key) > menuKeyBytes {
			return wireButton{}, fmt.Errorf("a key has at most %d bytes", menuKeyBytes)
		}
	}
	return w, nil
}
