package storage

import (
	"errors"
	"fmt"
	"slices"
)

// links looks for redirects of accounts that lead round in a circle or further than anybody follows them: whoever stands in one
// cannot be found. No statement can say so on both engines, so the redirects are walked here.
func (a *auditor) links() (err error) {
	rows, err := a.raw.QueryContext(a.ctx, "SELECT from_id, to_id FROM account_links")
	if err != nil {
		return fmt.Errorf("check links: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	to := map[string]string{}
	for rows.Next() {
		var from, end string
		if err := rows.Scan(&from, &end); err != nil {
			return fmt.Errorf("check links: %w", err)
		}
		to[from] = end
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check links: %w", err)
	}
	said := 0
	for _, from := range sorted(to) {
		if why := walk(to, from); why != "" && said < mostPerCheck {
			said++
			if err := a.say(why, from, "account_links to "+to[from]); err != nil {
				return err
			}
		}
	}
	return nil
}

// walk follows a redirect to its end and says what is wrong with the way.
func walk(to map[string]string, from string) string {
	at := from
	for range maxHops {
		next, more := to[at]
		if !more {
			return ""
		}
		if at = next; at == from {
			return "link_loop"
		}
	}
	return "link_endless"
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
