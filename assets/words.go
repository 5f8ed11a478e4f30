package assets

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"sync"
)

// words holds every text of words/<part>.<lang>.json by language and key, read once.
var words = sync.OnceValue(readWords)

func readWords() map[string]map[string]string {
	all := map[string]map[string]string{"zh": {}, "en": {}}
	names, err := fs.Glob(files, "words/*.json")
	if err != nil {
		panic(fmt.Sprintf("assets: %v", err)) // the pattern is a constant
	}
	for _, name := range names {
		lang := strings.TrimPrefix(path.Ext(strings.TrimSuffix(path.Base(name), ".json")), ".")
		body, err := files.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("assets: read %s: %v", name, err)) // it is embedded
		}
		part := map[string]string{}
		if err := json.Unmarshal(body, &part); err != nil {
			panic(fmt.Sprintf("assets: %s: %v", name, err)) // a test reads every file
		}
		if all[lang] == nil {
			all[lang] = map[string]string{}
		}
		maps.Copy(all[lang], part)
	}
	return all
}

// Word is the text of a key in a language, Chinese when the language is unknown; arguments fill its verbs (%s, %d).
// A key without a text comes back as it is, so that a page still opens.
func Word(lang, key string, args ...any) string {
	if lang != "en" {
		lang = "zh"
	}
	text, known := words()[lang][key]
	if !known {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Keys lists the keys that a language has, for the test that compares the languages.
func Keys(lang string) map[string]string { return maps.Clone(words()[lang]) }
