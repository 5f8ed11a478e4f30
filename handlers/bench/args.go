package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// Main reads the words after "bench" and runs it: the table goes to out, progress to progress.
func Main(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) > 0 && args[0] == workerWord {
		return work(ctx, args[1:], out)
	}
	o := Options{Out: out, Progress: progress}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	only := flags.String("only", "", "parts to run, with commas: hot, teams, full, official, due, start")
	engines := flags.String("engines", "", "engines, with commas: MariaDB, SQLite")
	quick := flags.Bool("quick", false, "one short round and a tenth of the due teams: to see that it works, not how fast")
	flags.IntVar(&o.Rounds, "rounds", 0, "rounds of the hot deal (3)")
	flags.DurationVar(&o.RoundTime, "round-time", 0, "length of a round (5s)")
	flags.StringVar(&o.Profile, "cpuprofile", "", "write a CPU profile of the Desk's last round to this file")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return fmt.Errorf("bench: %w", err)
	}
	if *quick {
		set(&o.Rounds, 1)
		set(&o.RoundTime, time.Second)
		o.Deals = 50
	}
	o.Only, o.Engines = words(*only), words(*engines)
	return Run(ctx, o)
}

func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
