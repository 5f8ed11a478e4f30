package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Maria is a private MariaDB with full durability. Its folder survives Kill, so Start after Kill is a real recovery.
type Maria struct {
	server

	// Client is the path of the command-line client.
	Client string
}

// StartMaria makes an empty MariaDB below dir and starts it. The path of dir must be short (see Dir).
func StartMaria(ctx context.Context, dir string) (*Maria, error) {
	socket, err := socketIn(dir, "my.sock")
	if err != nil {
		return nil, err
	}
	binary, err1 := find("mariadbd", "mysqld")
	install, err2 := find("mariadb-install-db", "mysql_install_db")
	client, err3 := find("mariadb", "mysql")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("find MariaDB: %w", err)
	}
	data := filepath.Join(dir, "data")
	if err := installMaria(ctx, install, data); err != nil {
		return nil, err
	}
	m := &Maria{Client: client}
	m.name, m.binary, m.socket, m.logPath, m.greet = "MariaDB", binary, socket, filepath.Join(dir, "maria.log"), greetMaria
	m.args = mariaArgs(dir, data, socket)
	if err := m.Start(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func installMaria(ctx context.Context, install, data string) error {
	args := append(
		[]string{"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db"}, asUser()...)
	out, err := exec.CommandContext(ctx, install, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make an empty MariaDB: %w\n%s", err, out)
	}
	return nil
}

func mariaArgs(dir, data, socket string) []string {
	args := []string{
		"--no-defaults", "--datadir=" + data, "--socket=" + socket, "--tmpdir=" + dir, "--skip-networking", "--pid-file=" + filepath.Join(dir, "my.pid"),
		"--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci",
		"--innodb-flush-log-at-trx-commit=1", "--innodb-doublewrite=1", "--skip-log-bin", "--skip-name-resolve",
		"--innodb-buffer-pool-size=128M", "--max-connections=500",
	}
	return append(args, asUser()...)
}

// asUser lets the server run as root where everything does, such as in a container; MariaDB asks to be told.
func asUser() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

// greetMaria reads the handshake: its first payload byte is the protocol version, or 255 for an error such as "too many connections".
func greetMaria(conn net.Conn) error {
	head := make([]byte, 5)
	if _, err := io.ReadFull(conn, head); err != nil {
		return fmt.Errorf("read handshake: %w", err)
	}
	if version := head[4]; version != 10 {
		return fmt.Errorf("handshake has version %d, not 10", version)
	}
	return nil
}

// DSN returns the address of a database in the form of the Go driver; an empty name means none.
func (m *Maria) DSN(db string) string {
	return fmt.Sprintf("root@unix(%s)/%s?parseTime=true&loc=UTC", m.socket, db)
}

// URL returns the address of a database as the setting database_url takes it.
func (m *Maria) URL(db string) string { return fmt.Sprintf("mysql://root@unix(%s)/%s", m.socket, db) }

// CreateDB makes an empty database; the name must be a plain word.
func (m *Maria) CreateDB(ctx context.Context, name string) error {
	_, err := m.Query(ctx, "CREATE DATABASE `"+name+"` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Query runs a statement through the command-line client and returns its bare output: an eye that shares no code with
// the program under test.
func (m *Maria) Query(ctx context.Context, sql string) (string, error) {
	cmd := exec.CommandContext(ctx, m.Client, "--no-defaults", "-uroot", "-S", m.socket, "-N", "-B")
	cmd.Stdin = strings.NewReader(sql)
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(failed.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
