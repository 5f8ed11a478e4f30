// Package configs holds every setting of the program: names, defaults, where they are read from, what they may be, and how they are shown.
//
// A setting comes from its default, then the settings file, then the environment, then the command line; the last one wins.
// Whatever is wrong is reported in one go, so that nobody has to start the program five times to find five mistakes.
// The package must not know the rest of the program, and nothing else reads the environment or a settings file while the program runs.
package configs

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"
)

// Settings is the one struct of settings; Load fills and checks it, and it does not change afterwards.
type Settings struct {
	Listen               string
	PublicURL            string
	TrustedProxies       string
	LAN                  bool
	DataDir              string
	DatabaseURL          Secret
	DatabaseConnections  int
	RedisURL             Secret
	Migrate              bool
	MetricsListen        string
	Sample               bool
	Sandbox              bool
	SandboxPublic        bool
	MasterKey            Secret
	Language             string
	Zone                 string
	QuietFrom            DayTime
	QuietTo              DayTime
	PayWindowAfterFormed time.Duration
	PayWindowAtJoin      time.Duration
	RelayWorkers         int
	LogLevel             slog.Level
	LogFormat            string
	ShutdownTimeout      time.Duration
	Telegram             Telegram
	WeChat               WeChat
	WeCom                WeCom

	origins map[string]string
}

// Default returns the settings of a program that was started with nothing at all: it works on an empty disk.
func Default() Settings {
	var s Settings
	for _, row := range table() {
		if err := row.field(&s).Set(row.Default); err != nil {
			panic(fmt.Sprintf("configs: the default of %s is wrong: %v", row.Name, err))
		}
	}
	return s
}

// Address returns the address the pages are served on; with lan set it is every interface of this machine.
func (s Settings) Address() string {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || !s.LAN || !isLoopback(host) {
		return s.Listen
	}
	return net.JoinHostPort("", port)
}

// Reachable tells whether people on other machines can reach the pages: by the address itself, or by a public URL
// whose proxy stands in front of a local address.
func (s Settings) Reachable() bool {
	host, _, err := net.SplitHostPort(s.Address())
	if err != nil || !isLoopback(host) {
		return true
	}
	if s.PublicURL == "" {
		return false
	}
	u, err := url.Parse(s.PublicURL)
	return err != nil || !isLoopback(u.Hostname())
}

// Secure tells whether people come over https, so that cookies may be marked for it.
func (s Settings) Secure() bool {
	u, err := url.Parse(s.PublicURL)
	return err == nil && u.Scheme == "https"
}

// Embedded tells whether the orders live in the SQLite file of the data folder.
func (s Settings) Embedded() bool { return !s.DatabaseURL.IsSet() }

// SQLitePath returns where the embedded database lies.
func (s Settings) SQLitePath() string { return filepath.Join(s.DataDir, "tuanbot.db") }

// MasterKeyPath returns where the program keeps the key it made for itself when none was given.
func (s Settings) MasterKeyPath() string { return filepath.Join(s.DataDir, "master.key") }

// Location returns the time zone of communities that name none.
func (s Settings) Location() (*time.Location, error) {
	loc, err := loadZone(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("load zone %q: %w", s.Zone, err)
	}
	return loc, nil
}

// isLoopback says whether only this machine can reach the host; an empty host means every interface.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
