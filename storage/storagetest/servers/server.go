// Package servers starts private MariaDB and Redis processes for tests that kill, freeze and restart them, and for the bench command.
//
// Every database listens on a unix socket in its own folder and on nothing else; a program of ours listens where it is told.
// The package knows processes and files; it must not know our tables, our ports, or any client library.
package servers

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	pollEvery   = 20 * time.Millisecond
	maxSocket   = 100 // the kernel allows 107 bytes for the path of a unix socket
	logTailSize = 2000
)

// server is one process that can be started again after it was killed.
type server struct {
	name    string
	binary  string
	args    []string
	env     []string // nil: as this process
	network string   // "" is unix
	socket  string
	logPath string
	greet   func(net.Conn) error // nil when the server answered as it should

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone <-chan struct{}
}

// Dir makes a folder with a path short enough for unix sockets, and returns how to remove it.
func Dir() (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp("/tmp", "tuanbot-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for test servers: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// socketIn returns the path of a socket, which must be short.
func socketIn(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	if len(path) > maxSocket {
		return "", fmt.Errorf("socket path %s is longer than %d bytes", path, maxSocket)
	}
	return path, nil
}

// find looks a program up under several names, also where servers lie that are not on everybody's path.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/libexec"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s: %w", names[0], exec.ErrNotFound)
}

// Start runs the server and waits until it answers. It is an error to start one that runs.
func (s *server) Start(ctx context.Context) error {
	if err := s.launch(); err != nil {
		return err
	}
	if err := s.wait(ctx); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w\n%s", s.name, err, s.logTail()), s.Kill())
	}
	return nil
}

func (s *server) launch() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		return fmt.Errorf("start %s: it runs already", s.name)
	}
	log, err := os.OpenFile(s.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", s.name, err)
	}
	defer log.Close()
	if err := s.removeSocket(); err != nil {
		return fmt.Errorf("remove old socket of %s: %w", s.name, err)
	}
	// No context: the process must outlive the call that started it, and dies by Stop, Kill or with its parent.
	cmd := exec.Command(s.binary, s.args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, s.env
	cmd.SysProcAttr = procAttr()
	gone, err := run(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.cmd, s.gone = cmd, gone
	return nil
}

func (s *server) removeSocket() error {
	if s.network != "" {
		return nil
	}
	if err := os.Remove(s.socket); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// wait polls until the server answers, dies or the context ends.
func (s *server) wait(ctx context.Context) error {
	s.mu.Lock()
	gone := s.gone
	s.mu.Unlock()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := s.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-gone:
			return errors.New("it ended before it answered")
		case <-tick.C:
		}
	}
}

// Ping returns nil when the server accepts connections and greets them.
func (s *server) Ping(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, cmp.Or(s.network, "unix"), s.socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	return s.greet(conn)
}

// Kill ends the server at once, as a power cut of the process would, and waits until it is gone.
func (s *server) Kill() error { return s.end(syscall.SIGKILL, 0) }

// Stop ends the server politely, and by force after half a minute.
func (s *server) Stop() error { return s.end(syscall.SIGTERM, 30*time.Second) }

// Pause freezes the server: connections stay open and nothing answers.
func (s *server) Pause() error { return s.signal(sigPause) }

// Resume lets a frozen server go on.
func (s *server) Resume() error { return s.signal(sigResume) }

// Running tells whether the process lives.
func (s *server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// PID returns the process id, or 0 when the server does not run.
func (s *server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

func (s *server) signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return fmt.Errorf("signal %s: it does not run", s.name)
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("signal %s: %w", s.name, err)
	}
	return nil
}

func (s *server) end(sig syscall.Signal, patience time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return nil
	}
	defer func() { s.cmd, s.gone = nil, nil }()
	err := s.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	if sig != syscall.SIGKILL {
		_ = s.cmd.Process.Signal(sigResume) // a frozen process cannot hear; it is fine if it is gone already
		patient := time.NewTimer(patience)
		defer patient.Stop()
		select {
		case <-s.gone:
			return err
		case <-patient.C:
			err = errors.Join(err, fmt.Errorf("%s did not stop in %s", s.name, patience), s.cmd.Process.Kill())
		}
	}
	<-s.gone
	return err
}

// logTail returns the end of what the server wrote, for errors.
func (s *server) logTail() string {
	content, err := os.ReadFile(s.logPath)
	if err != nil {
		return err.Error()
	}
	if len(content) > logTailSize {
		content = content[len(content)-logTailSize:]
	}
	return string(bytes.TrimSpace(content))
}
