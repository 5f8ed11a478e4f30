package crash

import (
	"math/rand/v2"
	"testing"
	"time"
)

// cyclesChannel is how often the program is killed in the run about deliveries; ten times that in a long one.
const cyclesChannel = 20

// deliveries are the points around what leaves for a platform and what it was told.
var deliveries = []string{
	"intake.handled", "intake.kept", "intake.sent", "relay.claimed", "relay.marked", "relay.sent", "relay.settled", "join.answered", "",
}

// TestCrashChannel kills the program in mid-delivery, again and again, while followers of an official account join: no join
// that was acknowledged is lost or doubled, no notice and no answer is lost, and since the platform knows no key for such
// messages, one may be said twice, at most once a kill.
func TestCrashChannel(t *testing.T) {
	r := &run{world: newWorld(t, true, 1, 8, 2*fans), rand: rand.New(rand.NewPCG(5, 6)), struck: map[string]int{}}
	r.lateEvery, r.longer = 3, 12*time.Second
	var plan []strike
	for i := range times(cyclesChannel) {
		plan = append(plan, strike{what: "app", point: deliveries[i%len(deliveries)]})
	}
	r.calm = r.answerLate
	r.load(plan, 1)
	r.report(points(t))
	if found := r.found; found.joined == 0 || found.late == 0 || found.notices == 0 {
		t.Errorf("too little happened to show anything: %+v", found)
	}
}

// answerLate lets somebody join while every join takes longer than the platform waits: whether the kills met such an answer
// is left to chance, so one is made sure of.
func (r *run) answerLate() {
	r.kill(0)
	r.start(0, "join.before_turn=slow@1")
	f := r.platform.patient
	d := r.open(roomy(), time.Minute)
	f.join(d)
	r.until(time.Minute, "the late answer has come", func() bool { return f.shown("已记下", d.title) == 1 })
}
