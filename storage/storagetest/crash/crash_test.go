package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The length of the runs; TUANBOT_TEST_LONG makes them ten times as long.
const (
	cyclesMaria  = 50
	cyclesSQLite = 12
	crowd        = 48
	fans         = 12
	hitWithin    = 2 * time.Second
	hitRounds    = 10
)

func times(n int) int {
	if os.Getenv("TUANBOT_TEST_LONG") != "" {
		return 10 * n
	}
	return n
}

// strike is one kill.
type strike struct {
	what  string // app, MariaDB, Redis
	point string // "" = at a random moment
}

func (s strike) String() string {
	if s.point == "" {
		return s.what + " at random"
	}
	return s.what + " at " + s.point
}

// run is one crash test.
type run struct {
	*world
	rand   *rand.Rand
	struck map[string]int
	missed []strike
	flush  atomic.Bool
	floods int64
	longer time.Duration // that deals last, for answers that are late
	calm   func()        // what is done under load when all strikes are over; nil: nothing
}

// TestCrash: 50 times the program, MariaDB or Redis is killed with SIGKILL under load, by the web chat and by followers of
// an official account; in the second half two copies of the
// program run, and for a while Redis is emptied every 100 ms.
func TestCrash(t *testing.T) {
	r := &run{world: newWorld(t, true, 2, crowd, fans), rand: rand.New(rand.NewPCG(1, 2)), struck: map[string]int{}}
	names := points(t)
	plan := planOf(r.rand, names, times(cyclesMaria))
	r.load(plan, 2)
	r.report(names)
	for _, name := range names {
		if r.struck[name] == 0 {
			t.Errorf("nothing was killed at %s: no load reaches it", name)
		}
	}
}

// planOf lists strikes: every point once in each hundred, the rest at random moments, and all of it mixed.
func planOf(r *rand.Rand, points []string, total int) []strike {
	moments := []string{"app", "MariaDB", "Redis", "MariaDB", "app"}
	var plan []strike
	for i := 0; len(plan) < total; i++ {
		if at := i % 100; at < len(points) {
			plan = append(plan, strike{"app", points[at]})
		} else {
			plan = append(plan, strike{what: moments[i%len(moments)]})
		}
	}
	r.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	return plan
}

// TestCrashSQLite: the same with one process and the embedded database.
func TestCrashSQLite(t *testing.T) {
	r := &run{world: newWorld(t, false, 1, crowd/2, fans/2), rand: rand.New(rand.NewPCG(3, 4)), struck: map[string]int{}}
	names := points(t)
	r.rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var plan []strike
	for i := range times(cyclesSQLite) {
		s := strike{what: "app"}
		if i%3 != 2 {
			s.point = names[i%len(names)]
		}
		plan = append(plan, s)
	}
	r.load(plan, 1)
	r.report(names)
	if !t.Failed() {
		r.checkTheChecker()
	}
}

// load lets people live while the plan is carried out, then brings everything to its end and checks it.
func (r *run) load(plan []strike, copies int) {
	t := r.t
	start := time.Now()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	for range 5 {
		r.post(6 * time.Second)
	}
	for _, p := range r.people {
		all.Go(func() { p.live(ctx) })
	}
	if r.platform != nil {
		for _, f := range r.platform.followers {
			all.Go(func() { f.live(ctx) })
		}
	}
	all.Go(func() { r.floodRedis(ctx) })
	for i := 0; i < len(plan); i++ {
		if r.t.Failed() {
			break
		}
		if copies > 1 && i >= len(plan)/2 && !r.apps[1].Running() {
			r.start(1, "")
		}
		r.flush.Store(r.redis != nil && i > len(plan)/4 && i < 3*len(plan)/4)
		began := time.Now()
		hit := r.strike(i, plan[i])
		t.Logf("%3d %-28s %5.1f s hit: %v", i+1, plan[i], time.Since(began).Seconds(), hit)
		if !hit && !slices.Contains(r.missed, plan[i]) {
			r.missed = append(r.missed, plan[i])
			plan = append(plan, plan[i]) // one more chance
		}
	}
	if r.calm != nil && !t.Failed() {
		r.calm()
	}
	stop()
	r.flush.Store(false)
	t.Logf("%d starts, %d strikes in %s", r.started, len(plan), time.Since(start).Round(time.Second))
	r.end(&all)
	for _, f := range r.check() {
		t.Error(f)
	}
	r.audit()
	t.Logf("all in %s", time.Since(start).Round(time.Second))
}

// strike kills something under load and brings it back. It reports whether it was where it should be.
func (r *run) strike(i int, s strike) bool {
	r.post(r.longer + time.Duration(4+r.rand.IntN(7))*time.Second)
	if i%2 == 0 {
		r.post(time.Duration(3+r.rand.IntN(5)) * time.Second)
	}
	victim := 0
	if r.apps[len(r.apps)-1].Running() && len(r.apps) > 1 {
		victim = i % len(r.apps)
	}
	switch s.what {
	case "MariaDB":
		return r.hurt(s, r.maria.Kill, r.maria.Start)
	case "Redis":
		return r.hurt(s, r.redis.Kill, r.redis.Start)
	}
	app := r.apps[victim]
	if slices.Contains(r.missed, s) { // the other copy may have done the work: now there is none
		for i := range r.apps {
			if i != victim {
				r.kill(i)
			}
		}
	}
	if s.point == "" {
		if !app.Running() {
			r.start(victim, "")
		}
		r.pause(time.Duration(300+r.rand.IntN(1500)) * time.Millisecond)
		r.kill(victim)
		r.struck[s.String()]++
	} else {
		r.kill(victim)
		armed := time.Now()
		r.start(victim, fmt.Sprintf("%s%s=kill@%d", before(s.point), s.point, 1+r.rand.IntN(often(s.point))))
		hit := false
		for n := 0; !hit && n < hitRounds; n++ {
			hit = r.await(hitWithin, func() bool { return !app.Running() })
			if !hit {
				r.post(time.Duration(2+n%4) * time.Second) // or there would be nothing left to decide and to give back
			}
		}
		if !hit {
			r.start1(victim)
			return false
		}
		r.deaths = append(r.deaths, span{armed, time.Now()})
		r.struck[s.point]++
	}
	r.start1(victim)
	return true
}

// before makes what must happen for a point to be reached: an answer that is late.
func before(point string) string {
	if strings.HasPrefix(point, "intake.") {
		return "join.before_turn=slow@2;"
	}
	return ""
}

// start1 brings a copy back without anything armed.
func (r *run) start1(i int) {
	r.kill(i)
	r.start(i, "")
}

// often is how many times a point may be passed before it kills: those on the way of every command more often.
func often(point string) int {
	switch head, _, _ := strings.Cut(point, "."); head {
	case "turn", "join", "tally":
		return 30
	case "relay":
		return 5
	}
	if point == "intake.sent" {
		return 2
	}
	return 1
}

// hurt kills a server, leaves it dead for a moment and starts it again; the program has to get over it by itself.
func (r *run) hurt(s strike, kill func() error, start func(context.Context) error) bool {
	for i, app := range r.apps[:1] {
		if !app.Running() {
			r.start(i, "")
		}
	}
	r.pause(time.Duration(300+r.rand.IntN(900)) * time.Millisecond)
	from := time.Now()
	r.must(kill())
	r.pause(time.Duration(100+r.rand.IntN(500)) * time.Millisecond)
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	r.must(start(ctx))
	r.deaths = append(r.deaths, span{from, time.Now()})
	r.struck[s.String()]++
	r.pause(time.Duration(300+r.rand.IntN(700)) * time.Millisecond)
	for _, app := range r.apps {
		if !app.Running() && app != r.apps[len(r.apps)-1] {
			r.t.Errorf("the program did not outlive %s%s", s, r.logs())
		}
	}
	return true
}

// floodRedis empties Redis every 100 ms while it is told to.
func (r *run) floodRedis(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !r.flush.Load() {
			continue
		}
		short, cancel := context.WithTimeout(ctx, 80*time.Millisecond)
		if err := r.redis.Flush(short); err == nil {
			r.floods++
		}
		cancel()
	}
}
