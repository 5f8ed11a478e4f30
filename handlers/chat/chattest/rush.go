package chattest

import (
	"strings"
	"sync"
	"testing"

	"tuanbot/bot"
	"tuanbot/domain"
	"tuanbot/storage/storagetest/engines"
)

// patience is how often a platform brings a message again that nobody took.
const patience = 20

// Rush sets a neighbourhood up and lets everything that is said arrive at the same moment, spread over the copies of the
// program. What is not acknowledged is brought again, as platforms do, and what is, once more for good measure. It returns
// what the people of the first deal have then: shares by name, and the answers in the order of what was said.
func Rush(t *testing.T, setup, said []string, pairs ...engines.Pair) (shares map[string]int64, answers []string) {
	t.Helper()
	w := newWorld(t, pairs...)
	w.setup(setup)
	ups := make([]bot.Update, 0, len(said))
	for _, line := range said {
		p, err := parseSpeech(line)
		w.must(err)
		ups = append(ups, w.update(p))
	}
	answers = make([]string, len(ups))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, up := range ups {
		wg.Go(func() {
			<-start
			answers[i] = w.bring(i, up)
		})
	}
	close(start)
	wg.Wait()
	return w.shares(), answers
}

// bring hands an update over until it is taken, and then once more.
func (w *World) bring(i int, up bot.Update) string {
	for try := range patience {
		replies, err := w.apps[(i+try)%len(w.apps)].handler.Handle(w.ctx, up)
		if err != nil {
			continue
		}
		if _, err := w.apps[(i+try+1)%len(w.apps)].handler.Handle(w.ctx, up); err != nil {
			w.t.Errorf("%q was taken, and then: %v", up.Text, err)
		}
		var texts []string
		for _, r := range replies {
			texts = append(texts, r.Text)
		}
		return strings.Join(texts, "\n")
	}
	w.t.Errorf("%q is never taken", up.Text)
	return ""
}

// shares are what people have in the first deal, by name.
func (w *World) shares() map[string]int64 {
	w.t.Helper()
	desk := w.apps[0].desk
	deals, err := desk.OpenDeals(w.ctx, w.home, 1)
	w.must(err)
	orders, err := desk.OrdersOfDeal(w.ctx, deals[0].Deal.ID, domain.OrderFilter{})
	w.must(err)
	out := map[string]int64{}
	for _, o := range orders {
		if !o.State.IsLive() {
			continue
		}
		a, err := desk.Account(w.ctx, o.Shopper)
		w.must(err)
		out[a.Name] += o.Shares
	}
	return out
}
