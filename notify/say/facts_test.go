package say_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tuanbot/domain"
)

// A form holds what the words hold, and what goes to a chat carries nobody's code.
func TestFactsOfANotice(t *testing.T) {
	t.Parallel()
	v := voice(domain.Chinese)
	d, f := delivery(domain.NoticeArrived), facts(domain.Chinese)
	d.Num = nil
	f.Order.Token = "tok"
	r, ok := v.Notice(d, f)
	if !ok {
		t.Fatal("not said")
	}
	want := map[string]string{
		"title": f.Sheet.Deal.Terms.Title, "place": v.PlaceOf(f.Sheet.Deal.Terms, f.Point), "state": v.StateWord(f.Order.State),
		"shares": "2", "code": r.Facts["code"], "amount": r.Facts["amount"], "deadline": r.Facts["deadline"], "page": v.BaseURL + "/o/tok",
	}
	if diff := cmp.Diff(want, r.Facts); diff != "" {
		t.Error(diff)
	}
	for _, key := range []string{"code", "amount", "deadline"} {
		if r.Facts[key] == "" {
			t.Errorf("no %s among %v", key, r.Facts)
		}
	}
	chat, _ := v.Notice(delivery(domain.NoticeArrivedChat), f)
	if len(chat.Facts) != 0 {
		t.Errorf("a chat's notice has facts: %v", chat.Facts)
	}
}
