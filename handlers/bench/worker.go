package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sync/errgroup"

	"tuanbot/handlers/jobs"
)

// workerWord after "bench" on the command line makes this program a worker of the bench: what can be killed must be a process
// of its own.
const workerWord = "worker"

const ready = "ready"

// work runs the clock's workers over the database that the one argument names, until the context ends or it is killed. It says
// "ready" once they run.
func work(ctx context.Context, args []string, out io.Writer) error {
	var at address
	if len(args) != 1 {
		return errors.New("bench worker: one argument is wanted")
	}
	if err := json.Unmarshal([]byte(args[0]), &at); err != nil {
		return fmt.Errorf("bench worker: %w", err)
	}
	var o Options
	if err := o.fill(); err != nil {
		return err
	}
	engine := MariaDB
	if at.URL == "" {
		engine = SQLite
	}
	w, err := openWorld(ctx, &o, engine, at, nil)
	if err != nil {
		return fmt.Errorf("bench worker: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	c := jobs.Config{Desk: w.desk, Tally: w.redis, Waker: w.redis, Pruner: w.db, Owner: fmt.Sprint(os.Getpid()), Keep: 1 << 60, Log: o.Log}
	for _, worker := range clockwork(c) {
		g.Go(func() error { return worker.Run(ctx) })
	}
	g.Go(func() error { return jobs.NewAlarm(c).Run(ctx) })
	if _, err := fmt.Fprintln(out, ready); err != nil {
		return fmt.Errorf("bench worker: %w", err)
	}
	return errors.Join(g.Wait(), w.close())
}

// hired is a worker process.
type hired struct {
	cmd *exec.Cmd
}

// hire starts a worker and waits until it is ready.
func hire(ctx context.Context, o *Options, at address) (*hired, error) {
	where, err := json.Marshal(at)
	if err != nil {
		return nil, fmt.Errorf("hire a worker: %w", err)
	}
	args := append(append([]string{}, o.Program[1:]...), "bench", workerWord, string(where))
	cmd := exec.CommandContext(ctx, o.Program[0], args...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("hire a worker: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("hire a worker: %w", err)
	}
	line, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != ready {
		k := &hired{cmd: cmd}
		return nil, errors.Join(fmt.Errorf("the worker said %q: %w", line, errOrEOF(err)), k.kill(), errors.New(complaints.String()))
	}
	return &hired{cmd: cmd}, nil
}

func errOrEOF(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// kill ends the worker as a power cut would. Killing it twice is no error.
func (k *hired) kill() error {
	if k.cmd.ProcessState != nil {
		return nil
	}
	if err := k.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the worker: %w", err)
	}
	_ = k.cmd.Wait() // it says that it was killed
	return nil
}
