package servers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
)

// Redis is a private redis-server that keeps nothing on disk, so that a Kill empties it.
type Redis struct {
	server
}

// StartRedis starts a redis-server below dir. The path of dir must be short (see Dir).
func StartRedis(ctx context.Context, dir string) (*Redis, error) {
	socket, err := socketIn(dir, "r.sock")
	if err != nil {
		return nil, err
	}
	binary, err := find("redis-server", "valkey-server")
	if err != nil {
		return nil, fmt.Errorf("find Redis: %w", err)
	}
	r := &Redis{}
	r.name, r.binary, r.socket, r.logPath, r.greet = "Redis", binary, socket, filepath.Join(dir, "redis.log"), greetRedis
	r.args = []string{
		"--port", "0", "--unixsocket", socket, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir,
	}
	if err := r.Start(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func greetRedis(conn net.Conn) error {
	answer, err := ask(conn, "PING")
	if err != nil {
		return err
	}
	if answer != "+PONG" {
		return fmt.Errorf("answered %q to PING", answer)
	}
	return nil
}

// ask sends one inline command and returns the first line of the answer.
func ask(conn net.Conn, command string) (string, error) {
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", fmt.Errorf("send %s: %w", command, err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read answer to %s: %w", command, err)
	}
	return strings.TrimSpace(line), nil
}

// Do sends one command over a connection of its own and returns the first line of the answer, such as "+OK" or ":3".
func (r *Redis) Do(ctx context.Context, command string) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", r.socket)
	if err != nil {
		return "", fmt.Errorf("connect to Redis: %w", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", fmt.Errorf("set deadline: %w", err)
		}
	}
	return ask(conn, command)
}

// Flush throws everything away.
func (r *Redis) Flush(ctx context.Context) error {
	answer, err := r.Do(ctx, "FLUSHALL")
	if err == nil && answer != "+OK" {
		err = fmt.Errorf("answered %q", answer)
	}
	if err != nil {
		return fmt.Errorf("flush Redis: %w", err)
	}
	return nil
}

// URL returns the address as the setting redis_url takes it.
func (r *Redis) URL() string { return "unix://" + r.socket }
