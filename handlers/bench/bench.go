// Package bench measures the program on this machine and prints one table: joins per second on one hot deal beside a peer and
// a floor, many teams of one deal, the cost of "sold out", ten thousand teams due at one instant, and how fast an empty disk
// becomes a running server.
//
// It starts private servers, builds the real Desk over them and knows nothing of chats or pages. What it measures and how is
// written down in docs/operations.md; a ratio is only printed for things that ran in the same process and the same minutes.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"
)

// The parts of the bench, in the order in which they run.
const (
	PartHot      = "hot"      // one hot deal: Desk, peer, floor
	PartTeams    = "teams"    // 64 teams of one deal
	PartFull     = "full"     // what "sold out" costs
	PartOfficial = "official" // joins by the official account, beside the same HTTP and crypto
	PartDue      = "due"      // 10,000 teams due at one instant, and one SIGKILL
	PartStart    = "start"    // an empty disk and one with 10,000 orders until ready
)

// The engine pairs.
const (
	MariaDB = "MariaDB"
	SQLite  = "SQLite"
)

// Options say what to measure. The zero value is filled by Run with the definition of the bench.
type Options struct {
	Out       io.Writer        // the table
	Progress  io.Writer        // one line per step; nil: silence
	Log       *slog.Logger     // what the Desk has to say; nil: silence
	Clock     func() time.Time // nil: the system's
	Rounds    int              // default 3
	RoundTime time.Duration    // default 5 s
	Callers   int              // default 256
	Deals     int              // of the due part; default 500
	Teams     int              // per deal in the due part; default 20
	Lead      time.Duration    // between moving the deadlines and the instant, while the worker indexes them; default 4 s
	Engines   []string         // default both
	Only      []string         // default all parts
	Program   []string         // the command that is started again; default this program
	Profile   string           // write a CPU profile of the Desk's rounds to this file
}

func (o *Options) fill() error {
	set(&o.Rounds, 3)
	set(&o.RoundTime, 5*time.Second)
	set(&o.Callers, 256)
	set(&o.Deals, 500)
	set(&o.Teams, 20)
	set(&o.Lead, 4*time.Second)
	if len(o.Engines) == 0 {
		o.Engines = []string{MariaDB, SQLite}
	}
	if len(o.Only) == 0 {
		o.Only = []string{PartHot, PartTeams, PartFull, PartOfficial, PartDue, PartStart}
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if len(o.Program) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		o.Program = []string{exe}
	}
	return o.check()
}

func set[T comparable](to *T, value T) {
	var zero T
	if *to == zero {
		*to = value
	}
}

func (o *Options) check() error {
	var errs []error
	for _, e := range o.Engines {
		if e != MariaDB && e != SQLite {
			errs = append(errs, fmt.Errorf("no engine %q: there are %s and %s", e, MariaDB, SQLite))
		}
	}
	parts := []string{PartHot, PartTeams, PartFull, PartOfficial, PartDue, PartStart}
	for _, p := range o.Only {
		if !slices.Contains(parts, p) {
			errs = append(errs, fmt.Errorf("no part %q: there are %s", p, strings.Join(parts, ", ")))
		}
	}
	return errors.Join(errs...)
}

func (o *Options) wants(part string) bool { return slices.Contains(o.Only, part) }

func (o *Options) say(format string, args ...any) {
	fmt.Fprintf(o.Progress, format+"\n", args...)
}

// Run measures and prints the table. Whatever was measured before something broke is printed too.
func Run(ctx context.Context, o Options) error {
	if err := o.fill(); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	t := &table{columns: o.Engines}
	var errs []error
	for _, engine := range o.Engines {
		if err := measure(ctx, &o, engine, t); err != nil {
			errs = append(errs, fmt.Errorf("bench on %s: %w", engine, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	if o.wants(PartStart) && ctx.Err() == nil {
		if err := measureStart(ctx, &o, t); err != nil {
			errs = append(errs, fmt.Errorf("bench of the start: %w", err))
		}
	}
	return errors.Join(append(errs, t.print(o.Out))...)
}

// part is one of the measurements that need a database.
type part struct {
	name string
	run  func(context.Context, *Options, *world, *table) error
}

// measure does the parts that need a database on one engine pair.
func measure(ctx context.Context, o *Options, name string, t *table) (err error) {
	parts := slices.DeleteFunc([]part{{PartHot, measureHot}, {PartTeams, measureTeams}, {PartFull, measureFull}, {PartOfficial, measureOfficial}, {PartDue, measureDue}},
		func(p part) bool { return !o.wants(p.name) })
	if len(parts) == 0 {
		return nil
	}
	servers, err := startServers(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.close()) }()
	for _, p := range parts {
		o.say("%s: %s", name, p.name)
		if err := inWorld(ctx, o, servers, func(w *world) error { return p.run(ctx, o, w, t) }); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}
