package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// Program is a program of ours that listens on a TCP address and says at /readyz that it is ready.
type Program struct {
	server

	// Address is where it listens, host:port.
	Address string
}

// NewProgram describes a program; Start starts it, again and again if wanted. What it prints goes to the file at logPath.
func NewProgram(name, binary, address, logPath string, args ...string) *Program {
	p := &Program{Address: address}
	p.name, p.binary, p.args, p.network, p.socket, p.logPath, p.greet = name, binary, args, "tcp", address, logPath, greetHTTP(address)
	return p
}

// Start runs the program with this environment and waits until it is ready. One that has ended by itself may be started
// again.
func (p *Program) Start(ctx context.Context, environ []string) error {
	if !p.Running() {
		if err := p.Kill(); err != nil {
			return fmt.Errorf("bury %s: %w", p.name, err)
		}
	}
	p.mu.Lock()
	p.env = environ
	p.mu.Unlock()
	return p.server.Start(ctx)
}

// Gone is closed when the program has ended; nil when it was never started.
func (p *Program) Gone() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// Log is what it printed so far.
func (p *Program) Log() string {
	content, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

func greetHTTP(address string) func(net.Conn) error {
	return func(conn net.Conn) error {
		if _, err := io.WriteString(conn, "GET /readyz HTTP/1.1\r\nHost: "+address+"\r\nConnection: close\r\n\r\n"); err != nil {
			return fmt.Errorf("ask whether it is ready: %w", err)
		}
		answer, err := io.ReadAll(io.LimitReader(conn, 4096))
		if err != nil {
			return fmt.Errorf("read whether it is ready: %w", err)
		}
		if !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
			return errors.New("it is not ready")
		}
		return nil
	}
}

// FreeAddress finds a TCP port of this machine that nobody listens on.
func FreeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
