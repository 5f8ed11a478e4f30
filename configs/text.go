package configs

import (
	"fmt"
	"slices"
	"strings"
)

// scalar turns what YAML made of a value back into the text a person wrote.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case []any, map[string]any, map[any]any:
		return "", false
	}
	return fmt.Sprint(v), true
}

func counterpart(key string) string {
	if name, ok := strings.CutSuffix(key, fileSuffix); ok {
		return name
	}
	return key + fileSuffix
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), "yaml: ", ""), "\n")
	return line
}

// suggest names the setting that was probably meant, if one is near enough.
func (l *loader) suggest(key string) string {
	best, near := "", 3
	for _, row := range table() {
		if d := distance(key, row.Name); d < near {
			best, near = row.Name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance counts the letters to change, add or drop to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		corner := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := corner
			if a[i-1] != b[j-1] {
				cost++
			}
			corner = row[j]
			row[j] = min(row[j]+1, row[j-1]+1, cost)
		}
	}
	return row[len(b)]
}
