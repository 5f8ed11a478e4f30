package bot_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// guards are the functions that compare what a stranger sent with what only we and the platform can know.
var guards = map[string]string{"wechat": "same", "wecom": "signed", "telegram": "equal"}

// No timing shows in a test whether a comparison takes the same time for every guess, so the source is read: in the function
// that guards a door texts are compared by crypto/subtle alone, and nowhere else is a signature or secret compared.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	for channel, guard := range guards {
		found := false
		for _, f := range filesOf(t, channel) {
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				isGuard := fn.Name.Name == guard
				for _, bad := range comparisons(t, fn, isGuard) {
					t.Errorf("bot/%s: %s compares %s", channel, fn.Name.Name, bad)
				}
				if isGuard {
					found = strings.Contains(source(t, fn.Body), "subtle.ConstantTimeCompare(")
				}
			}
		}
		if !found {
			t.Errorf("bot/%s: no function %s compares in constant time", channel, guard)
		}
	}
}

func filesOf(t *testing.T, channel string) []*ast.File {
	t.Helper()
	set := token.NewFileSet()
	names, err := fs.Glob(os.DirFS(channel), "*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("bot/%s: no files, %v", channel, err)
	}
	var all []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, path.Join(channel, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// comparisons are those that tell by their time how much of a guess is right.
func comparisons(t *testing.T, fn *ast.FuncDecl, guard bool) (bad []string) {
	t.Helper()
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op != token.EQL && n.Op != token.NEQ || fixed(n.X) || fixed(n.Y) {
				return true
			}
			if text := source(t, n); guard || secretive(text) {
				bad = append(bad, text)
			}
		case *ast.CallExpr:
			name := source(t, n.Fun)
			hasty := strings.HasSuffix(name, ".Equal") || strings.HasSuffix(name, ".EqualFold") || strings.HasSuffix(name, ".Compare") || strings.HasSuffix(name, ".HasPrefix")
			if text := source(t, n); hasty && (guard || secretive(text)) {
				bad = append(bad, text)
			}
		}
		return true
	})
	return bad
}

// fixed reports whether one side of a comparison is the same for everybody: a number, nil, the empty text.
func fixed(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return x.Name == "nil"
	}
	return false
}

func secretive(text string) bool {
	for _, s := range []string{"Signature(", "signature\"", "keyHeader", ".secret", "Secret-Token"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

func source(t *testing.T, n ast.Node) string {
	t.Helper()
	var b bytes.Buffer
	if err := format.Node(&b, token.NewFileSet(), n); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
