package chat_test

import (
	"testing"

	"tuanbot/handlers"
	"tuanbot/handlers/chat/words"
)

// TestEveryCodeIsReadAsOne: a deal's code stands among words; whatever is drawn, it is read as the code and the rest as what
// it says, also before anybody knows which deals there are.
func TestEveryCodeIsReadAsOne(t *testing.T) {
	t.Parallel()
	for range 3000 {
		code := handlers.Mint{}.Code(5)
		for _, text := range []string{code + " +1", "+2 " + code, code + " A+1", "#" + code + " 来两份"} {
			if m := words.Join(text, words.Context{OpenDeals: 1}); m.Code != code || len(m.Orders) != 1 || m.Doubt != "" {
				t.Fatalf("%q is read as %+v", text, m)
			}
		}
	}
}
