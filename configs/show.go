package configs

import (
	"fmt"
	"strconv"
	"strings"
)

// Redacted returns every setting as YAML with where it came from; secrets show as ***.
func (s Settings) Redacted() string {
	var b strings.Builder
	for _, row := range table() {
		origin, given := s.origins[row.Name]
		if !given {
			origin = originDefault
		}
		fmt.Fprintf(&b, "%s: %s  # %s\n", row.Name, quote(row.field(&s).String()), origin)
	}
	return b.String()
}

// Example returns the settings file that stands in the repository: every setting, commented out, with its default.
func Example() []byte {
	var b strings.Builder
	b.WriteString("# Settings of tuanbot. Generated from the table in configs/table.go; `make example` writes it anew.\n" +
		"# Every line is optional: without this file the program runs with what stands here.\n" +
		"# The environment (" + Prefix + "LISTEN=...) wins over this file, flags (--listen ...) win over both.\n" +
		"# A secret may also be the name of a file that holds it: database_url_file: /run/secrets/database_url\n")
	for _, row := range table() {
		fmt.Fprintf(&b, "\n# %s\n# %s\n#%s: %s\n", row.Meaning, row.MeaningZH, row.Name, quote(row.Default))
	}
	return []byte(b.String())
}

// SettingsTable returns the settings as a Markdown table for the README, in zh or en.
func SettingsTable(language string) string {
	head := "| setting | environment | default | meaning |\n|---|---|---|---|\n"
	if language == "zh" {
		head = "| 设置 | 环境变量 | 默认 | 含义 |\n|---|---|---|---|\n"
	}
	var b strings.Builder
	b.WriteString(head)
	for _, row := range table() {
		meaning, fallback := row.Meaning, ""
		if language == "zh" {
			meaning = row.MeaningZH
		}
		if row.Default != "" {
			fallback = "`" + row.Default + "`"
		}
		cell := strings.NewReplacer("|", "\\|")
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", row.Name, row.Env(), cell.Replace(fallback), cell.Replace(meaning))
	}
	return b.String()
}

// quote writes a value as YAML: plain when YAML would read it back as the same text, else in double quotes.
func quote(s string) string {
	if s == "" || s == hidden || strings.ContainsAny(s, ":#\"'*&!|>%@`{}[], \t\n\\") {
		return strconv.Quote(s)
	}
	return s
}

// Hide replaces every secret of these settings in a text by ***, for what goes to a screen from elsewhere.
func (s Settings) Hide(text string) string {
	for _, row := range table() {
		if v, ok := row.field(&s).(secretValue); ok && v.at.IsSet() {
			text = strings.ReplaceAll(text, v.at.Reveal(), hidden)
		}
	}
	for _, key := range s.WeCom.RobotKeys() {
		text = strings.ReplaceAll(text, key.Reveal(), hidden)
	}
	return text
}
