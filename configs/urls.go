package configs

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	keyBytes         = 32
	defaultMySQLPort = "3306"
)

// Database says where MySQL or MariaDB is and who we are there.
type Database struct {
	User     string
	Password Secret
	Network  string // tcp or unix
	Address  string // host:port, or the path of the socket
	Name     string
	TLS      string // what the driver calls it: empty, true, skip-verify or preferred
}

// Database takes database_url apart; it must not be asked when the program is Embedded.
func (s Settings) Database() (Database, error) { return parseDatabase(s.DatabaseURL.Reveal()) }

// DSN returns the address in the driver's own form, with times read as UTC. What the program needs of a session
// (isolation, time-outs, time zone) is added by the storage that opens it.
func (d Database) DSN() Secret {
	user := d.User
	if d.Password.IsSet() {
		user += ":" + d.Password.Reveal()
	}
	dsn := fmt.Sprintf("%s@%s(%s)/%s?parseTime=true&loc=UTC", user, d.Network, d.Address, url.PathEscape(d.Name))
	if d.TLS != "" {
		dsn += "&tls=" + d.TLS
	}
	return NewSecret(dsn)
}

// parseDatabase never repeats the address in an error, since the password is part of it.
func parseDatabase(raw string) (Database, error) {
	rest, ok := strings.CutPrefix(raw, "mysql://")
	if !ok {
		return Database{}, errors.New("must start with mysql:// (for MariaDB too)")
	}
	if user, place, ok := cutLast(rest, "@unix("); ok {
		return parseSocket(user, place)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return Database{}, errors.New("cannot be read; characters such as @ / : # in the password must be written as %40 %2F %3A %23")
	}
	password, _ := u.User.Password()
	d := Database{User: u.User.Username(), Password: NewSecret(password), Network: "tcp", Name: strings.TrimPrefix(u.Path, "/")}
	port := u.Port()
	if port == "" {
		port = defaultMySQLPort
	}
	d.Address = net.JoinHostPort(u.Hostname(), port)
	if u.Hostname() == "" {
		return Database{}, errors.New("names no host")
	}
	return d.finish(u.RawQuery)
}

func parseSocket(user, place string) (Database, error) {
	path, tail, ok := strings.Cut(place, ")/")
	if !ok || path == "" {
		return Database{}, errors.New("must look like mysql://user@unix(/path.sock)/name")
	}
	name, query, _ := strings.Cut(tail, "?")
	user, password, _ := strings.Cut(user, ":")
	user, err1 := url.PathUnescape(user)
	password, err2 := url.PathUnescape(password)
	if errors.Join(err1, err2) != nil {
		return Database{}, errors.New("has a user or password with a stray %")
	}
	d := Database{User: user, Password: NewSecret(password), Network: "unix", Address: path, Name: name}
	return d.finish(query)
}

func (d Database) finish(query string) (Database, error) {
	if d.User == "" {
		return Database{}, errors.New("names no user")
	}
	if d.Name == "" || strings.Contains(d.Name, "/") {
		return Database{}, errors.New("must end in the name of one database")
	}
	params, err := url.ParseQuery(query)
	if err != nil {
		return Database{}, errors.New("has a part after ? that cannot be read")
	}
	for name := range params {
		if name != "tls" {
			return Database{}, fmt.Errorf("may carry only tls after the ?, not %s", name)
		}
	}
	d.TLS = params.Get("tls")
	switch d.TLS {
	case "", "true", "skip-verify", "preferred":
		return d, nil
	}
	return Database{}, errors.New("knows tls=true, tls=skip-verify and tls=preferred only")
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func checkDatabaseURL(raw string) error {
	_, err := parseDatabase(raw)
	return err
}

func checkRedisURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("cannot be read; characters such as @ / : # in the password must be written as %40 %2F %3A %23")
	}
	switch u.Scheme {
	case "redis", "rediss":
		if u.Hostname() == "" {
			return errors.New("names no host")
		}
	case "unix":
		if u.Path == "" {
			return errors.New("names no socket")
		}
	default:
		return errors.New("must start with redis://, rediss:// or unix://")
	}
	return nil
}

// MasterKeyBytes returns the 32 bytes of master_key, or nothing when none is set.
func (s Settings) MasterKeyBytes() ([]byte, error) {
	if !s.MasterKey.IsSet() {
		return nil, nil
	}
	return DecodeKey(s.MasterKey)
}

// DecodeKey reads a key of 32 bytes written as 64 hex digits or as base64.
func DecodeKey(key Secret) ([]byte, error) {
	raw := strings.TrimSpace(key.Reveal())
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if b, err := decode(raw); err == nil && len(b) == keyBytes {
			return b, nil
		}
	}
	return nil, errors.New("must be 32 bytes as 64 hex digits or base64; `openssl rand -hex 32` makes one")
}

func checkKey(raw string) error {
	_, err := DecodeKey(NewSecret(raw))
	return err
}

func checkAddress(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%q is not host:port", s)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q has no port from 0 to 65535", s)
	}
	return nil
}

func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return fmt.Errorf("%q is not an address such as https://tuan.example.org", s)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q must be only scheme and host, nothing after it", s)
	}
	return nil
}

// Proxies are the networks whose word about an address is taken.
func (s Settings) Proxies() []netip.Prefix {
	nets, _ := networks(s.TrustedProxies) // was checked when it was read
	return nets
}

func checkNetworks(s string) error {
	_, err := networks(s)
	return err
}

// networks reads addresses and networks with commas between them.
func networks(s string) ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if addr, err := netip.ParseAddr(part); err == nil {
			nets = append(nets, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", part)
		}
		nets = append(nets, p.Masked())
	}
	return nets, nil
}
