// Package chattest plays conversations from text files against the whole program: real Desk, real storage, real workers and
// relay, with a fake clock, a fake gateway and channels that only record. It is for tests; no program that people run may
// import it.
package chattest

import (
	"fmt"
	"strings"
	"time"
)

// Script is a conversation file: what is said, and sections behind "-- name --" lines.
type Script struct {
	Lines  []string
	Setup  []string
	Tables bool // the file wants the rows at the end
}

// ParseScript reads a conversation file. Answers in it ("<", "<<", "  |") are left out: the player writes them anew.
func ParseScript(text string) Script {
	var s Script
	section := ""
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if name, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(name, " --") {
			section = strings.TrimSuffix(name, " --")
			s.Tables = s.Tables || section == "tables"
			continue
		}
		switch section {
		case "":
			if !strings.HasPrefix(line, "<") && !strings.HasPrefix(line, "  |") {
				s.Lines = append(s.Lines, line)
			}
		case "setup":
			s.Setup = append(s.Setup, line)
		}
	}
	return s
}

// speech is one line of a person: > who@channel#chat ^CODE: text, or [button], or (open deal CODE).
type speech struct {
	Who, Channel, Chat string
	Reply              string // code of the deal whose card is replied to
	Text               string
	Button             string
	Event, Arg         string // open, follow, unfollow, picture, other
	Mention            bool
	Late               time.Duration // "~5m": the platform hands it over five minutes after it was said
	SameKey            bool          // "=": under the key of the message before
}

// parseSpeech reads what stands behind "> ".
func parseSpeech(s string) (speech, error) {
	var p speech
	head, rest, ok := cutHead(s)
	if !ok {
		return p, fmt.Errorf("cannot read %q", s)
	}
	fields := strings.Fields(head)
	for _, f := range fields[1:] {
		switch {
		case strings.HasPrefix(f, "^"):
			p.Reply = f[1:]
		case f == "@bot":
			p.Mention = true
		case f == "=":
			p.SameKey = true
		case strings.HasPrefix(f, "~"):
			d, err := time.ParseDuration(f[1:])
			if err != nil {
				return p, fmt.Errorf("how late is %q: %w", f, err)
			}
			p.Late = d
		default:
			return p, fmt.Errorf("unknown %q in %q", f, s)
		}
	}
	var at bool
	if p.Who, p.Channel, at = strings.Cut(fields[0], "@"); !at {
		return p, fmt.Errorf("no channel in %q", s)
	}
	p.Channel, p.Chat, _ = strings.Cut(p.Channel, "#")
	switch {
	case strings.HasPrefix(rest, "["):
		p.Button = strings.TrimSuffix(rest[1:], "]")
	case strings.HasPrefix(rest, "("):
		event, text, _ := strings.Cut(rest[1:], ")")
		p.Event, p.Arg, _ = strings.Cut(event, " ")
		p.Text = strings.TrimSpace(text)
	default:
		p.Text = strings.ReplaceAll(rest, `\n`, "\n")
	}
	return p, nil
}

// cutHead parts who speaks from what is said.
func cutHead(s string) (head, rest string, ok bool) {
	i := strings.Index(s, ": ")
	for _, mark := range []string{" [", " ("} {
		if j := strings.Index(s, mark); j >= 0 && (i < 0 || j < i) {
			return s[:j], s[j+1:], true
		}
	}
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+2:], true
}
