package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is what stands before our own imports.
const module = "tuanbot"

// anything in a room's list means that it may import all of ours.
const anything = "..."

// room is a package of ours and what it may import; it is the table "who may know whom" of docs/architecture.md as data.
type room struct {
	path  string
	ours  []string
	never []string // packages of the standard library, with everything below them
}

// fence says which packages may use a module of others; below "x/..." lie x and everything under it. No place: tests only.
type fence struct {
	module string
	places []string
}

var (
	// world is what rules must not touch: clocks are handed in, files and networks belong to others.
	world = []string{"os", "net", "database/sql", "log", "io/fs", "math/rand", "crypto/rand", "embed", "html/template", "text/template"}
	// doors is what a package must not know that does not speak with the network itself.
	doors = []string{"net/http", "database/sql", "html/template"}
)

var rooms = []room{
	{path: ".", ours: []string{anything}, never: []string{"database/sql"}},
	{path: "domain", ours: []string{"domain/money"}, never: world},
	{path: "domain/money", never: world},
	{path: "bot", ours: []string{"domain"}, never: []string{"database/sql", "html/template"}},
	{path: "bot/wechat", ours: []string{"bot", "domain"}, never: []string{"database/sql"}},
	{path: "bot/wecom", ours: []string{"bot", "domain"}, never: []string{"database/sql"}},
	{path: "bot/telegram", ours: []string{"bot", "domain"}, never: []string{"database/sql"}},
	{path: "bot/webchat", ours: []string{"bot", "domain", "assets"}, never: []string{"database/sql"}},
	{path: "bot/bottest", ours: []string{"bot", "domain"}},
	{path: "bot/fake", ours: []string{"bot", "assets"}, never: []string{"database/sql"}},
	{path: "bot/fake/wechat", ours: []string{"bot", "bot/fake"}, never: []string{"database/sql"}},
	{path: "bot/fake/wecom", ours: []string{"bot", "bot/fake"}, never: []string{"database/sql"}},
	{path: "bot/fake/telegram", ours: []string{"bot", "bot/fake"}, never: []string{"database/sql"}},
	{path: "handlers", ours: []string{"domain", "domain/money"}, never: doors},
	{path: "handlers/chat", ours: []string{"handlers", "handlers/chat/words", "handlers/chat/chains", "handlers/chat/adverts", "bot", "domain", "domain/money", "notify/say", "assets"}, never: doors},
	{path: "handlers/chat/words", never: doors},
	{path: "handlers/chat/chains", ours: []string{"handlers/chat/words"}, never: doors},
	{path: "handlers/chat/adverts", ours: []string{"handlers/chat/words"}, never: doors},
	{path: "handlers/web", ours: []string{"handlers", "domain", "domain/money", "notify/say", "bot", "assets"}, never: []string{"database/sql"}},
	{path: "handlers/api", ours: []string{"handlers", "domain", "domain/money", "notify/say", "bot", "assets"}, never: []string{"database/sql"}},
	{path: "handlers/pay", ours: []string{"handlers", "domain", "domain/money"}, never: []string{"database/sql"}},
	{path: "handlers/pay/sandbox", ours: []string{"domain", "domain/money"}},
	{path: "handlers/jobs", ours: []string{"handlers", "domain"}, never: doors},
	{path: "handlers/handlerstest", ours: []string{anything}},
	{path: "handlers/chat/chattest", ours: []string{anything}},
	{path: "handlers/audit", ours: []string{"domain", "domain/money"}, never: doors},
	{path: "handlers/bench", ours: []string{anything}},
	{path: "notify", ours: []string{"domain", "domain/money", "bot", "notify/say"}, never: doors},
	{path: "notify/say", ours: []string{"domain", "domain/money", "bot", "assets"}, never: append([]string{"os", "net"}, doors...)},
	{path: "storage", ours: []string{"domain", "domain/money"}, never: []string{"net/http", "html/template"}},
	{path: "storage/redis", ours: []string{"domain", "domain/money"}, never: doors},
	{path: "storage/vault", never: doors},
	{path: "storage/storagetest", ours: []string{"domain", "domain/money"}, never: doors},
	{path: "storage/storagetest/engines", ours: []string{"storage", "storage/redis"}, never: []string{"net/http", "html/template"}},
	{path: "storage/storagetest/servers", never: doors},
	{path: "storage/storagetest/mutants", never: doors},
	{path: "assets", never: []string{"os", "database/sql"}},
	{path: "configs", never: []string{"net/http", "database/sql"}},
}

// testOnly are packages that no code which people run may import, beside the ones named.
var testOnly = map[string][]string{
	"bot/bottest":                 nil,
	"storage/storagetest/mutants": nil,
	"handlers/handlerstest":       nil,
	"handlers/chat/chattest":      nil,
	"storage/storagetest":         nil,
	"storage/storagetest/engines": nil,
	"storage/storagetest/servers": {"handlers/bench"},
}

var fences = []fence{
	{module: "gorm.io/gorm", places: []string{"storage", "storage/redis", "handlers/bench"}},
	{module: "gorm.io/driver/mysql", places: []string{"storage", "handlers/bench"}},
	{module: "github.com/go-sql-driver/mysql", places: []string{"storage", "storage/storagetest/engines", "handlers/bench"}},
	{module: "github.com/glebarez", places: []string{"storage", "handlers/bench"}},
	{module: "github.com/pressly/goose/v3", places: []string{"storage"}},
	{module: "github.com/redis/go-redis/v9", places: []string{"storage", "storage/redis", "handlers/bench"}},
	{module: "github.com/alicebob/miniredis/v2", places: []string{"storage", "storage/redis"}},
	{module: "github.com/skip2/go-qrcode", places: []string{".", "handlers/web", "bot/..."}},
	{module: "github.com/prometheus/client_golang", places: []string{"."}},
	{module: "github.com/knadh/koanf", places: []string{"configs"}},
	{module: "github.com/google/uuid", places: []string{"handlers"}},
	{module: "golang.org/x/sync", places: []string{".", "bot/...", "handlers/...", "notify", "storage/..."}},
	{module: "golang.org/x/time", places: []string{"bot/...", "handlers/...", "notify"}},
	{module: "golang.org/x/text", places: []string{"bot/...", "handlers/chat/...", "notify/say"}},
	{module: "github.com/silenceper/wechat/v2", places: []string{"bot/wechat", "bot/wecom"}},
	{module: "github.com/sirupsen/logrus", places: []string{"bot/wechat", "bot/wecom"}}, // only to keep it quiet
	{module: "github.com/go-telegram/bot", places: []string{"bot/telegram"}},
	{module: "github.com/chromedp"},
	{module: "github.com/google/go-cmp"},
	{module: "github.com/makiuchi-d/gozxing"},
	{module: "github.com/rogpeppe/go-internal"},
	{module: "go.uber.org/goleak"},
	{module: "pgregory.net/rapid"},
}

func TestBoundaries(t *testing.T) {
	t.Parallel()
	found, seen := trespasses(t, ".")
	for _, f := range found {
		t.Error(f)
	}
	if seen == 0 {
		t.Error("no file was looked at")
	}
}

// trespasses walks the tree below root and returns every import that the tables do not allow, and how many files it read.
// It parses by itself, whatever the build tags: asking the go command would be quicker to write, but a cached answer hides
// a new trespass and an import cycle ends it before it can explain anything.
func trespasses(t *testing.T, root string) (found []string, files int) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "data") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		imports, err := importsOf(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, problem := range judge(filepath.ToSlash(dir), imports) {
			found = append(found, fmt.Sprintf("%s: %s", path, problem))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, files
}

func importsOf(path string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []string
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports = append(imports, path)
	}
	return imports, nil
}

// judge returns what is wrong with the imports of one file in dir.
func judge(dir string, imports []string) []string {
	at := slices.IndexFunc(rooms, func(r room) bool { return r.path == dir })
	if at < 0 {
		return []string{"package " + dir + " has no row in boundaries_test.go"}
	}
	var problems []string
	for _, path := range imports {
		problem := ""
		first, _, _ := strings.Cut(path, "/")
		switch {
		case path == "C":
			problem = "cgo, and the program is built without it"
		case first == module:
			problem = judgeOurs(rooms[at], strings.TrimPrefix(strings.TrimPrefix(path, module), "/"))
		case strings.Contains(first, "."):
			problem = judgeTheirs(dir, path)
		case slices.ContainsFunc(rooms[at].never, func(p string) bool { return below(path, p) }):
			problem = "it must not know that"
		}
		if problem != "" {
			problems = append(problems, fmt.Sprintf("imports %s: %s", path, problem))
		}
	}
	return problems
}

func judgeOurs(r room, path string) string {
	_, alsoTest := testOnly[r.path]
	if users, ok := testOnly[path]; ok && !alsoTest && !slices.Contains(users, r.path) {
		return "only tests may"
	}
	if slices.Contains(r.ours, anything) || slices.Contains(r.ours, path) {
		return ""
	}
	return "the row of " + r.path + " does not allow it"
}

func judgeTheirs(dir, path string) string {
	at := slices.IndexFunc(fences, func(f fence) bool { return below(path, f.module) })
	if at < 0 {
		return "the module has no fence in boundaries_test.go"
	}
	for _, place := range fences[at].places {
		tree, all := strings.CutSuffix(place, "/...")
		if dir == place || all && below(dir, tree) {
			return ""
		}
	}
	if len(fences[at].places) == 0 {
		return "only tests may"
	}
	return "allowed only in " + strings.Join(fences[at].places, ", ")
}

func below(path, tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") }

// TestBoundariesBite plants one trespass of each kind and demands that it is named.
func TestBoundariesBite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ dir, imports, want string }{
		"of ours":               {"domain", `"tuanbot/storage"`, "the row of domain does not allow it"},
		"up the tree":           {"storage", `"tuanbot/handlers"`, "the row of storage does not allow it"},
		"sideways":              {"bot/webchat", `"tuanbot/bot/telegram"`, "the row of bot/webchat does not allow it"},
		"the module itself":     {"bot", `"tuanbot"`, "the row of bot does not allow it"},
		"no row":                {"util", `"fmt"`, "package util has no row"},
		"no row below":          {"domain/extra", `"fmt"`, "package domain/extra has no row"},
		"outside its fence":     {"handlers", `"gorm.io/gorm/clause"`, "allowed only in storage"},
		"no fence":              {"storage", `"github.com/nobody/knows"`, "the module has no fence"},
		"only in tests":         {"handlers", `"pgregory.net/rapid"`, "only tests may"},
		"our test code":         {".", `"tuanbot/bot/bottest"`, "only tests may"},
		"our test servers":      {".", `"tuanbot/storage/storagetest/servers"`, "only tests may"},
		"the world":             {"domain", `"net/http"`, "it must not know that"},
		"a pages' tool in talk": {"handlers/chat", `"html/template"`, "it must not know that"},
		"cgo":                   {"storage", `"C"`, "cgo"},
		"under another name":    {"domain", `db "tuanbot/storage"`, "the row of domain does not allow it"},
		"behind a build tag":    {"notify", "//tag\n" + `_ "tuanbot/handlers"`, "the row of notify does not allow it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := plant(t, c.dir, c.imports)
			found, _ := trespasses(t, root)
			if len(found) != 1 || !strings.Contains(found[0], c.want) {
				t.Errorf("want %q, found %q", c.want, found)
			}
		})
	}
}

// TestBoundariesAllow shows that the checker is quiet where the tables say yes.
func TestBoundariesAllow(t *testing.T) {
	t.Parallel()
	for dir, imports := range map[string]string{
		"domain":          `"tuanbot/domain/money"`,
		"handlers/bench":  `"tuanbot/storage/storagetest/servers"`,
		"notify/say":      `"golang.org/x/text/width"`,
		"handlers/jobs":   `"golang.org/x/sync/errgroup"`,
		".":               `"net/http"`,
		"domain/testdata": `"tuanbot/storage"`,
	} {
		if found, _ := trespasses(t, plant(t, dir, imports)); len(found) != 0 {
			t.Errorf("%s: %q", dir, found)
		}
	}
}

func plant(t *testing.T, dir, imports string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, dir), 0o750); err != nil {
		t.Fatal(err)
	}
	head := ""
	if rest, tagged := strings.CutPrefix(imports, "//tag\n"); tagged {
		head, imports = "//go:build never\n\n", rest
	}
	source := head + "package planted\n\nimport " + imports + "\n"
	if err := os.WriteFile(filepath.Join(root, dir, "planted.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}
