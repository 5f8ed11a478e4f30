package wecom_test

import (
	"strings"
	"testing"
)

// Who is known to the open platform is the same person as at the official account.
func TestUnionOfCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(w.customer, "", "hi")
	if up := w.last(); up.Person.Union != "" {
		t.Errorf("%+v", up.Person)
	}
	other := w.town.AddCustomer("老周")
	w.town.Unite(other, "oUnion0001")
	for range 2 { // asked once, then remembered
		w.speak(other, "", "+1")
		if up := w.last(); up.Person.Union != "wechat/oUnion0001" || up.Person.Name != "老周" {
			t.Errorf("%+v", up.Person)
		}
	}
	long := w.town.AddCustomer("长")
	w.town.Unite(long, strings.Repeat("u", 65))
	w.speak(long, "", "+1")
	if up := w.last(); up.Person.Union != "" {
		t.Errorf("%+v", up.Person)
	}
}
