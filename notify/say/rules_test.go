package say_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tuanbot/assets"
	"tuanbot/domain"
	"tuanbot/notify/say"
)

func sortStrings[S cmp.Ordered](s []S) { slices.Sort(s) }

func mine(lang string) map[string]string {
	all := map[string]string{}
	for k, text := range assets.Keys(lang) {
		if strings.HasPrefix(k, "say.") {
			all[k] = text
		}
	}
	return all
}

// TestBothLanguagesSayTheSame: same keys, same placeholders, so that no language can fall silent or lose a number.
func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	zh, en := mine("zh"), mine("en")
	if len(zh) == 0 {
		t.Fatal("no words")
	}
	hole := regexp.MustCompile(`\{[a-z_]+\}`)
	for k, a := range zh {
		b, there := en[k]
		if !there {
			t.Errorf("%s has no English", k)
			continue
		}
		x, y := hole.FindAllString(a, -1), hole.FindAllString(b, -1)
		slices.Sort(x)
		slices.Sort(y)
		if x, y = slices.Compact(x), slices.Compact(y); !slices.Equal(x, y) {
			t.Errorf("%s: Chinese fills %v, English %v", k, x, y)
		}
	}
	for k := range en {
		if _, there := zh[k]; !there {
			t.Errorf("%s has no Chinese", k)
		}
	}
}

func TestChineseIsWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	half := regexp.MustCompile(`\p{Han}[,;:!?()]|[,;!?()]\p{Han}`)
	stiff := []string{"操作成功", "系统提示", "请知悉", "您", "尊敬", "非法", "错误", "失败", "无效", "不合法", "敬请"}
	for k, text := range mine("zh") {
		if half.MatchString(text) {
			t.Errorf("%s has half-width punctuation: %s", k, text)
		}
		for _, word := range stiff {
			if strings.Contains(text, word) {
				t.Errorf("%s says %s: %s", k, word, text)
			}
		}
	}
	for k, text := range mine("en") {
		for _, word := range []string{"uccessfully", "nvalid", "rror", "llegal", "kindly", "participation", "ailed"} {
			if strings.Contains(text, word) {
				t.Errorf("%s says %s: %s", k, word, text)
			}
		}
		if regexp.MustCompile(`\p{Han}|[，。：！？（）]`).MatchString(text) && !strings.HasPrefix(k, "say.help") {
			t.Errorf("%s mixes languages: %s", k, text)
		}
	}
}

// TestEverythingHasWords walks all answers, refusals and notices: nothing unfilled, short lines, money with decimals.
func TestEverythingHasWords(t *testing.T) {
	t.Parallel()
	loose := regexp.MustCompile(`[¥](?:[\d,]+)(\.\d\d)?`)
	for _, lang := range []domain.Lang{domain.Chinese, domain.English} {
		for _, s := range everything(lang) {
			for _, r := range s.replies {
				text := show(r)
				if strings.Contains(text, "say.") || strings.ContainsAny(text, "{}") {
					t.Errorf("%s %s: words are missing: %s", lang, s.title, text)
				}
				list := strings.HasPrefix(s.title, "help") || strings.HasPrefix(s.title, "orders")
				if n := strings.Count(r.Text, "\n"); n > 2 && !list {
					t.Errorf("%s %s: %d lines", lang, s.title, n+1)
				}
				if len([]rune(r.Text)) > 220 {
					t.Errorf("%s %s: too long to be read at arm's length: %s", lang, s.title, r.Text)
				}
				for _, m := range loose.FindAllStringSubmatch(text, -1) {
					if m[1] == "" {
						t.Errorf("%s %s: money without decimals: %s", lang, s.title, m[0])
					}
				}
				for _, c := range r.Choices {
					if (c.Action == "") == (c.URL == "") || c.Label == "" || len(c.Action) > say.MaxAction {
						t.Errorf("%s %s: button %+v", lang, s.title, c)
					}
				}
			}
		}
	}
}

// TestNothingPrivateInGroups: what a group hears names no amounts of a person and no codes.
func TestNothingPrivateInGroups(t *testing.T) {
	t.Parallel()
	for _, lang := range []domain.Lang{domain.Chinese, domain.English} {
		for _, s := range everything(lang) {
			group := strings.Contains(s.title, "group")
			for kind, to := range kinds() {
				group = group || (to == "chat" && s.title == "notice "+string(kind))
			}
			if !group {
				continue
			}
			for _, r := range s.replies {
				if !r.Private && r.Card == nil && strings.ContainsAny(r.Text, "¥") || strings.Contains(r.Text, "7KQ4-M2WX") && !r.Private {
					t.Errorf("%s %s says in the group: %s", lang, s.title, r.Text)
				}
			}
		}
	}
}

// TestNoneIsForgotten reads the domain's source: every Did, Why and NoticeKind must be in the lists of these tests.
func TestNoneIsForgotten(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, d := range dids() {
		have["Did "+string(d)] = true
	}
	elsewhere := []domain.Did{ // worded where they are answered, in handlers/chat
		domain.DidLinkCode, domain.DidLink, domain.DidUnlink, domain.DidChain,
		domain.DidHome, domain.DidClaimAsk, domain.DidClaim, domain.DidClaimDeny, domain.DidClaimTaken, domain.DidClaimMine,
	}
	for _, d := range elsewhere {
		have["Did "+string(d)] = true
	}
	for _, r := range whys() {
		have["Why "+string(r.Why)] = true
	}
	for k := range kinds() {
		have["NoticeKind "+string(k)] = true
	}
	seen := 0
	for _, c := range constants(t, "../../domain", "Did", "Why", "NoticeKind") {
		seen++
		if !have[c] {
			t.Errorf("%s has no words here", c)
		}
	}
	if seen < 90 {
		t.Errorf("only %d constants were found", seen)
	}
}

// constants lists the typed string constants of some types in a package's source.
func constants(t *testing.T, dir string, types ...string) []string {
	t.Helper()
	files, err := parser.ParseDir(token.NewFileSet(), dir, nil, 0) //nolint:staticcheck // one package, no build tags
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files["domain"].Files {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			of, isName := spec.Type.(*ast.Ident)
			lit, isText := spec.Values[0].(*ast.BasicLit)
			if isName && isText && slices.Contains(types, of.Name) {
				out = append(out, of.Name+" "+strings.Trim(lit.Value, `"`))
			}
			return true
		})
	}
	return out
}
