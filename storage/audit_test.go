package storage

import "testing"

func TestWhatLooksPrivate(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": false, "paid/06h01dupjpu8vf7pgar8glekh4/ann": false, `{"paid":5980,"until":1777636800000}`: false, "timeout": false,
		"13812345678": true, "called 13812345678 twice": true, `{"a":19912345678}`: true, "王阿姨": true, "paid/13812345678x": false,
		"12812345678": false, "138123456789": false,
	} {
		if got := looksPrivate(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
	if !isPrivate(`{"name":"ann"}`, "", "") || isPrivate(`{"n":1}`, "a/b", "") {
		t.Error("only numbers belong into a notice")
	}
}
