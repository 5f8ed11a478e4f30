package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"time"
)

const hotTitle = "One hot deal, 256 callers, 5 % repeats, 2 % refusals"

// side is one contender of the hot deal and what it measured, a round each.
type side struct {
	name   string
	rounds []figures
}

// measureHot runs Desk, peer and floor in rotated order on a fresh deal each, and prints the medians.
func measureHot(ctx context.Context, o *Options, w *world, t *table) error {
	if err := w.thinTables(ctx); err != nil {
		return err
	}
	full := []*side{{name: "Desk"}, {name: "peer"}, {name: "floor"}}
	thin := []*side{{name: "thin peer"}, {name: "thin floor"}}
	for round := range o.Rounds {
		for i := range full {
			if err := w.play(ctx, o, full[(i+round)%len(full)]); err != nil {
				return err
			}
		}
	}
	for _, s := range thin {
		if err := w.play(ctx, o, s); err != nil {
			return err
		}
	}
	printHot(t, w.engine, full, thin)
	return nil
}

// play is one round of one side.
func (w *world) play(ctx context.Context, o *Options, s *side) (err error) {
	st, err := hotStage(ctx, w)
	if err != nil {
		return err
	}
	c, over, err := w.contender(ctx, o, s.name, st)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	l := load{callers: o.Callers, span: o.RoundTime, clock: o.Clock, name: fmt.Sprintf("%s-%s", s.name[:2], st.deal[len(st.deal)-10:])}
	before := w.spent(ctx)
	f, err := l.run(ctx, c)
	if err = errors.Join(err, over()); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	f.cost = w.spent(ctx).since(before)
	o.say("  %-10s %8.0f joins/s   p50 %s   p99 %s", s.name, f.perSecond(), brief(f.quantile(500)), brief(f.quantile(990)))
	o.say("  %-10s %s", "", f.cost.each(f.admitted))
	s.rounds = append(s.rounds, f)
	return nil
}

func (w *world) contender(ctx context.Context, o *Options, name string, s *stage) (c contender, over func() error, err error) {
	none := func() error { return nil }
	switch name {
	case "Desk":
		stop, err := o.profile()
		return desked{s}, stop, err
	case "peer":
		c, err := newPeer(ctx, s)
		return c, none, err
	case "thin peer":
		p, err := newPeer(ctx, s)
		if err != nil {
			return nil, none, err
		}
		return thinPeer{p.(*peer)}, none, s.thinDeal(ctx) //nolint:forcetypeassert // newPeer makes nothing else
	}
	f, err := newFloor(ctx, s)
	if err != nil {
		return nil, none, err
	}
	if f.thin = name == "thin floor"; f.thin {
		err = s.thinDeal(ctx)
	}
	return f, func() error { f.close(); return nil }, err
}

// profile writes a CPU profile of one round, if one was asked for; the last round's stays.
func (o *Options) profile() (stop func() error, err error) {
	if o.Profile == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(o.Profile)
	if err != nil {
		return nil, fmt.Errorf("make profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("start profile: %w", err), file.Close())
	}
	return func() error { pprof.StopCPUProfile(); return file.Close() }, nil
}

// median is the round in the middle by joins per second.
func (s *side) median() figures {
	sorted := slices.SortedFunc(slices.Values(s.rounds), func(a, b figures) int { return int(a.perSecond() - b.perSecond()) })
	return sorted[len(sorted)/2]
}

func printHot(t *table, engine string, full, thin []*side) {
	desk, peer, floor := full[0].median(), full[1].median(), full[2].median()
	t.add(hotTitle, "rows a join (and 3 updated)", engine, "%d", rowsPerJoin)
	for _, s := range append(full, thin...) {
		m := s.median()
		t.add(hotTitle, s.name+", durable joins/s", engine, "%s", rate(m.admitted, m.span))
	}
	t.add(hotTitle, "Desk / peer  (>= 12)", engine, "%.1f", ratio(desk, peer))
	t.add(hotTitle, "Desk / floor (>= 0.6)", engine, "%.2f", ratio(desk, floor))
	for _, s := range full {
		m := s.median()
		t.add(hotTitle, s.name+" p50 / p99", engine, "%s / %s", brief(m.quantile(500)), brief(worst(s.rounds, 990)))
	}
}

func ratio(a, b figures) float64 {
	if b.perSecond() == 0 {
		return 0
	}
	return a.perSecond() / b.perSecond()
}

// worst is the highest quantile of all rounds: a tail is not made shorter by taking its median.
func worst(rounds []figures, permille int) time.Duration {
	var d time.Duration
	for _, f := range rounds {
		d = max(d, f.quantile(permille))
	}
	return d
}
