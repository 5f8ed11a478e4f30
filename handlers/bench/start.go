package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"tuanbot/domain"
	"tuanbot/storage/storagetest/servers"
)

const (
	startTitle   = "Start of the embedded program (SQLite, Redis inside), to /readyz"
	startPatient = 30 * time.Second
	startPoll    = 5 * time.Millisecond
	startVisits  = 50
	oldDeals     = 10
	oldOrders    = 1000 // per deal
)

// measureStart starts the program itself on an empty disk and on one with 10,000 orders.
func measureStart(ctx context.Context, o *Options, t *table) (err error) {
	dir, remove, err := servers.Dir()
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, remove()) }()
	empty, old := filepath.Join(dir, "empty"), filepath.Join(dir, "old")
	o.say("start: empty disk")
	if err := timeStart(ctx, o, t, "empty disk", empty); err != nil {
		return err
	}
	o.say("start: %d orders", oldDeals*oldOrders)
	if err := fillOld(ctx, o, old); err != nil {
		return fmt.Errorf("make old orders: %w", err)
	}
	return timeStart(ctx, o, t, "with 10,000 orders", old)
}

func fillOld(ctx context.Context, o *Options, dir string) (err error) {
	w, err := openWorld(ctx, o, SQLite, address{Dir: dir}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.settle(ctx); err != nil {
		return err
	}
	for range oldDeals {
		s, err := hotStage(ctx, w)
		if err != nil {
			return err
		}
		err = together(oldOrders, func(i int) error {
			name := fmt.Sprintf("%s-%d", s.deal, i)
			_, err := s.join(ctx, job{key: name, shopper: domain.AccountID(name)}, "")
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// timeStart starts the program, waits until it is ready, visits it, reads its highest memory and stops it.
func timeStart(ctx context.Context, o *Options, t *table, name, dir string) (err error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	args := append(append([]string{}, o.Program[1:]...), "serve", "--data-dir="+dir, "--listen="+address, "--metrics-listen=", "--log-level=error")
	cmd := exec.CommandContext(ctx, o.Program[0], args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	begin := o.Clock()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the program: %w", err)
	}
	defer func() { err = errors.Join(err, stop(cmd)) }()
	site := "http://" + address
	if err := awaitReady(ctx, o, site, begin); err != nil {
		return fmt.Errorf("%w: %s", err, complaints.String())
	}
	took := o.Clock().Sub(begin)
	if err := visit(ctx, site); err != nil {
		return err
	}
	peak, err := highWater(cmd.Process.Pid)
	if err != nil {
		return err
	}
	t.add(startTitle, name+": ready after (<= 1 s)", SQLite, "%s", brief(took))
	t.add(startTitle, name+": peak memory (<= 100 MB)", SQLite, "%s", peak)
	return nil
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return address, nil
}

func awaitReady(ctx context.Context, o *Options, site string, begin time.Time) error {
	tick := time.NewTicker(startPoll)
	defer tick.Stop()
	for {
		code, err := get(ctx, site+"/readyz")
		if err == nil && code == http.StatusOK {
			return nil
		}
		if o.Clock().Sub(begin) > startPatient {
			return fmt.Errorf("not ready after %s: status %d, %w", startPatient, code, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func get(ctx context.Context, url string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", url, err)
	}
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", url, err)
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// visit opens the first page many times, several at once, so that the memory measured is that of a program in use.
func visit(ctx context.Context, site string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for range startVisits {
		g.Go(func() error {
			code, err := get(ctx, site+"/")
			if err == nil && code >= http.StatusInternalServerError {
				err = fmt.Errorf("the first page answered %d", code)
			}
			return err
		})
	}
	return g.Wait() //nolint:wrapcheck // get says what it asked
}

// highWater is the most memory a process has had, as Linux counts it.
func highWater(pid int) (string, error) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if errors.Is(err, os.ErrNotExist) {
		return "unknown here", nil // not Linux
	}
	if err != nil {
		return "", fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		value, ok := strings.CutPrefix(line, "VmHWM:")
		if !ok {
			continue
		}
		kb, err := strconv.Atoi(strings.Fields(value)[0])
		if err != nil {
			return "", fmt.Errorf("read memory: %w", err)
		}
		return fmt.Sprintf("%.1f MB", float64(kb)/1000), nil
	}
	return "unknown here", nil
}

// stop asks the program to stop and waits for its end.
func stop(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the program: %w", err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("stop the program: %w", err)
	}
	return nil
}
