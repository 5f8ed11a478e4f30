package adverts_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tuanbot/handlers/chat/adverts"
)

// friday is when all texts of the corpus are read.
var friday = time.Date(2026, 5, 1, 10, 0, 0, 0, time.FixedZone("community", 8*3600))

// names are the fields that are scored.
var names = []string{"title", "item", "spec", "unit", "price", "usual", "stock", "need", "limit", "house", "until", "place", "when", "home", "pay"}

type example struct {
	where, text string
	want        map[string][]string
}

func corpus(t *testing.T, path string) []example {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	for i, l := range strings.Split(string(b), "\n") {
		switch {
		case strings.HasPrefix(l, "- "):
			out = append(out, example{where: fmt.Sprintf("%s:%d", path, i+1), text: strings.ReplaceAll(l[2:], `\n`, "\n")})
		case strings.HasPrefix(l, "= "):
			out[len(out)-1].want = expected(l[2:])
		}
	}
	return out
}

// expected takes a line of expectations apart.
func expected(l string) map[string][]string {
	out := map[string][]string{}
	for part := range strings.SplitSeq(l, " ; ") {
		field, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		if field != "item" {
			out[field] = append(out[field], rest)
			continue
		}
		f := strings.Split(rest, "|")
		for k, v := range map[string]int{"item": 0, "spec": 1, "unit": 2, "price": 3, "usual": 4, "stock": 5} {
			if v < len(f) && f[v] != "." {
				out[k] = append(out[k], f[v])
			}
		}
	}
	return out
}

// found writes an advert as the corpus does.
func found(a adverts.Advert) map[string][]string {
	out := map[string][]string{}
	add := func(field, value string, ok bool) {
		if ok {
			out[field] = append(out[field], value)
		}
	}
	yuan := func(fen int64) string { return strings.TrimSuffix(fmt.Sprintf("%.2f", float64(fen)/100), ".00") }
	trim := func(s string) string {
		if strings.Contains(s, ".") {
			s = strings.TrimRight(s, "0")
		}
		return s
	}
	for _, it := range a.Items {
		add("item", it.Name, it.Name != "")
		add("spec", it.Spec, it.Spec != "")
		add("unit", it.Unit, it.Unit != "")
		add("price", trim(yuan(it.Group)), it.Group > 0)
		add("usual", trim(yuan(it.Solo)), it.Solo > 0)
		add("stock", strconv.FormatInt(it.Stock, 10), it.Stock > 0)
	}
	add("title", a.Title, a.Title != "")
	add("need", fmt.Sprintf("%d %s", a.Threshold, a.ThresholdUnit), a.Threshold > 0)
	add("limit", strconv.FormatInt(a.LimitPerson, 10), a.LimitPerson > 0)
	add("house", strconv.FormatInt(a.LimitHousehold, 10), a.LimitHousehold > 0)
	add("until", a.Deadline.Format("01-02 15:04"), !a.Deadline.IsZero())
	add("place", a.Place, a.Place != "")
	add("when", a.PickupTime, a.PickupTime != "")
	add("home", "", a.Delivery)
	pay := map[adverts.Pay]string{adverts.AtJoin: "first", adverts.AfterFormed: "after", adverts.Offline: "cash"}
	add("pay", pay[a.Pay], a.Pay != "")
	return out
}

// named: where only one thing is on offer, its name and the title are one.
func named(m map[string][]string) map[string][]string {
	if len(m["title"]) == 1 && len(m["item"]) == 0 && len(m["price"]) > 0 {
		m["item"] = m["title"]
	}
	if len(m["item"]) > 0 && len(m["title"]) > 0 && m["title"][0] == m["item"][0] && len(m["item"]) == 1 {
		m["title"] = nil
	}
	return m
}

func play(t *testing.T, path string) (string, []string, map[string][3]int) {
	t.Helper()
	score := map[string][3]int{}
	var misses []string
	for _, x := range corpus(t, path) {
		want, got := named(x.want), named(found(adverts.Read(x.text, adverts.Setting{Now: friday})))
		for _, f := range names {
			n := score[f]
			n[1], n[2] = n[1]+len(got[f]), n[2]+len(want[f])
			left := slices.Clone(want[f])
			for _, g := range got[f] {
				if i := slices.Index(left, g); i >= 0 {
					n[0]++
					left = slices.Delete(left, i, i+1)
				}
			}
			score[f] = n
			if !slices.Equal(got[f], want[f]) {
				misses = append(misses, fmt.Sprintf("%s %s: want %q, got %q", x.where, f, want[f], got[f]))
			}
		}
	}
	var sb strings.Builder
	for _, f := range names {
		n := score[f]
		fmt.Fprintf(&sb, "  %-6s precision %.4f (%d/%d)  recall %.4f (%d/%d)\n", f, ratio(n[0], n[1]), n[0], n[1], ratio(n[0], n[2]), n[0], n[2])
	}
	return sb.String(), misses, score
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// The corpus is measured field by field; a wrong price or deadline is worse than a question.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"testdata/adverts.txt", "testdata/adverts_heldout.txt", "testdata/adverts_blind1.txt", "testdata/adverts_blind2.txt", "testdata/adverts_blind3.txt", "testdata/adverts_blind4.txt"} {
		if strings.Contains(path, "heldout") && os.Getenv("HELDOUT") == "" {
			continue
		}
		s, misses, score := play(t, path)
		for _, f := range []string{"price", "until", "need"} {
			if n := score[f]; n[0] < n[1] && ratio(n[0], n[1]) < 0.95 {
				t.Errorf("%s: precision of %s is %.4f", path, f, ratio(n[0], n[1]))
			}
		}
		t.Logf("%s\n%s%s", path, s, strings.Join(misses, "\n"))
	}
}
