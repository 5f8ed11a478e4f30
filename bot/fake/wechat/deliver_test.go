package wechat

import "testing"

func TestEveryNumberOfAListCanBePressed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"枇杷\n\n回复数字：1 +1　2 +2　3 二维码":               {"1", "2", "3"},
		"Loquat\n\nSend a number: 1 +1, 2 QR code": {"1", "2"},
		"没有可选的": nil,
	} {
		m := textMessage(text, "passive")
		if len(m.Buttons) != len(want) {
			t.Fatalf("%q: %+v", text, m.Buttons)
		}
		for i, b := range m.Buttons {
			if b.Press != want[i] {
				t.Errorf("%q: button %d presses %q", text, i, b.Press)
			}
		}
	}
}
