//go:build failpoints

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// failpoints reads TUANBOT_FAILPOINTS ("turn.before_commit=kill@3;relay.marked=stop@1"): at the n-th time that a point is
// reached, the process kills itself, or stops as SIGSTOP does; with "slow@25" every 25th passes it six seconds late, which is
// longer than any platform waits. Every point reached is counted in the file that
// TUANBOT_FAILPOINT_LOG names, one line a point and process, so that a run can show that no point was missed.
func failpoints() func(point string) {
	f := &points{rules: map[string]rule{}, hits: map[string]int{}}
	for _, r := range strings.Split(os.Getenv("TUANBOT_FAILPOINTS"), ";") {
		name, what, ok := strings.Cut(r, "=")
		if !ok {
			continue
		}
		action, nth, _ := strings.Cut(what, "@")
		n, err := strconv.Atoi(nth)
		if err != nil {
			n = 1
		}
		f.rules[name] = rule{action: action, nth: n}
	}
	if path := os.Getenv("TUANBOT_FAILPOINT_LOG"); path != "" {
		log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			f.log = log
		}
	}
	return f.at
}

// slowFor is longer than the longest patience of a platform.
const slowFor = 6 * time.Second

type rule struct {
	action string
	nth    int
}

type points struct {
	mu    sync.Mutex
	rules map[string]rule
	hits  map[string]int
	log   *os.File
}

func (f *points) at(point string) {
	f.mu.Lock()
	f.hits[point]++
	n := f.hits[point]
	r, armed := f.rules[point]
	if f.log != nil && (n == 1 || armed && n == r.nth) {
		fmt.Fprintf(f.log, "%s %d\n", point, n)
	}
	f.mu.Unlock()
	if armed && r.action == "slow" && n%max(1, r.nth) == 0 {
		time.Sleep(slowFor)
	}
	if !armed || n != r.nth {
		return
	}
	switch r.action {
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // nothing can be done if we cannot even die
		time.Sleep(time.Hour)
	case "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
}
