package chains

import (
	"strings"

	"tuanbot/handlers/chat/words"
)

// withoutVerb cuts a verb of ordering off a name that no quantity follows: 晓晓 要.
func withoutVerb(name string) string {
	head, last, ok := strings.Cut(name, " ")
	switch last {
	case "要", "我要", "也要", "来", "跟", "接", "接龙", "订", "参加", "报名", "+", "yes", "me too", "in":
		if ok && head != "" {
			return head
		}
	}
	return name
}

// takenBack reports whether what stands in brackets strikes the line: (取消), (不要了).
func takenBack(note string) bool {
	low := words.Fold(note)
	for _, w := range []string{"取消", "不要了", "退了", "退掉", "作废", "不订了", "划掉", "cancel", "no longer", "not any more"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return low == "不要" || low == "退" || low == "x"
}

// noteMore puts a note behind another, once.
func noteMore(old, more string) string {
	switch more = strings.Join(strings.Fields(strings.Trim(more, " ,;:-/.")), " "); {
	case more == "" || strings.Contains(old, more):
		return old
	case old == "":
		return cutRunes(more, words.MaxNote)
	}
	return cutRunes(old+" "+more, words.MaxNote)
}

// withoutBrackets takes notes out of a line; what is a home in brackets is no note.
func withoutBrackets(s string) (text string, home words.Home, note string) {
	var sb strings.Builder
	for {
		from := strings.IndexByte(s, '(')
		if from < 0 {
			break
		}
		to := strings.IndexByte(s[from:], ')')
		if to < 0 {
			break
		}
		if h, _, _, ok := words.Address(s[from+1 : from+to]); ok {
			home = h
		} else {
			note = noteMore(note, s[from+1:from+to])
		}
		sb.WriteString(s[:from] + " ")
		s = s[from+to+1:]
	}
	sb.WriteString(s)
	return strings.TrimSpace(sb.String()), home, note
}
