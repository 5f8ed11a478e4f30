package configs

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

const (
	fileSuffix    = "_file"
	fileVariable  = Prefix + "CONFIG"
	maxFileBytes  = 64 << 10
	originDefault = "default"
)

// Sources says where Load reads from; nothing else is looked at.
type Sources struct {
	// File is the settings file; when empty, TUANBOT_CONFIG in Environ may name one. A named file must exist.
	File string
	// Environ is the environment as os.Environ gives it.
	Environ []string
	// Overrides holds what the command line said, by setting name (listen, pay_window_at_join).
	Overrides map[string]string
}

// InvalidError lists everything that is wrong with the settings, one sentence each.
type InvalidError struct {
	Problems []string
}

// Error joins the problems, one a line.
func (e *InvalidError) Error() string {
	return "settings are wrong:\n  " + strings.Join(e.Problems, "\n  ")
}

// Load reads and checks all settings. When anything is wrong it returns an *InvalidError that names every mistake.
func Load(src Sources) (Settings, error) {
	l := loader{rows: map[string]Setting{}, merged: koanf.New("."), origins: map[string]string{}}
	for _, row := range table() {
		l.rows[row.Name] = row
	}
	l.readFile(src)
	l.readEnviron(src.Environ)
	l.readOverrides(src.Overrides)
	s := l.fill()
	l.problems = append(l.problems, s.conflicts()...)
	if len(l.problems) > 0 {
		return Settings{}, &InvalidError{Problems: l.problems}
	}
	return s, nil
}

// loader collects the layers and everything that is wrong with them.
type loader struct {
	rows     map[string]Setting
	merged   *koanf.Koanf
	origins  map[string]string
	problems []string
}

func (l *loader) wrong(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func (l *loader) readFile(src Sources) {
	path := src.File
	if path == "" {
		path = lookup(src.Environ, fileVariable)
	}
	if path == "" {
		return
	}
	content, err := readSmall(path)
	if err != nil {
		l.wrong("settings file: %v", err)
		return
	}
	layer := koanf.New(".")
	if err := layer.Load(rawbytes.Provider(content), yaml.Parser()); err != nil {
		l.wrong("settings file %s: not readable as YAML: %s", path, firstLine(err))
		return
	}
	l.add(l.flat(layer), func(key string) string { return key + " in " + path })
}

// flat is a layer with one value a setting. A section that is a setting as a whole becomes the text of it.
func (l *loader) flat(layer *koanf.Koanf) map[string]any {
	all := layer.All()
	for _, row := range l.rows {
		section, ok := layer.Get(row.Name).(map[string]any)
		if !ok || !row.IsSection() {
			continue
		}
		for key := range all {
			if strings.HasPrefix(key, row.Name+".") {
				delete(all, key)
			}
		}
		text, err := yaml.Parser().Marshal(section)
		if err != nil {
			l.wrong("%s: %v", row.Name, err)
			continue
		}
		all[row.Name] = string(text)
	}
	return all
}

func (l *loader) readEnviron(environ []string) {
	layer := koanf.New(".")
	provider := env.Provider(".", env.Opt{
		Prefix:      Prefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			if isForeign(name) {
				return "", nil
			}
			return strings.ToLower(strings.TrimPrefix(name, Prefix)), value
		},
	})
	if err := layer.Load(provider, nil); err != nil {
		l.wrong("environment: %v", err)
		return
	}
	l.add(layer.All(), func(key string) string { return Prefix + strings.ToUpper(key) })
}

func (l *loader) readOverrides(overrides map[string]string) {
	layer := map[string]any{}
	for key, value := range overrides {
		if l.rows[key].Secret {
			l.wrong("--%s: a command line can be read by everybody on the machine; give --%s or the environment",
				strings.ReplaceAll(key, "_", "-"), l.rows[key].Flag())
			continue
		}
		layer[key] = value
	}
	l.add(layer, func(key string) string { return "--" + strings.ReplaceAll(key, "_", "-") })
}

// add puts one layer over the ones before it. A secret and its _file push each other out, so that a layer that gives
// one of them wins over a lower layer that gave the other.
func (l *loader) add(layer map[string]any, where func(string) string) {
	for _, key := range sortedKeys(layer) {
		row, known := l.row(key)
		if !known {
			l.wrong("%s: there is no such setting%s", where(key), l.suggest(key))
			continue
		}
		value, ok := scalar(layer[key])
		if !ok {
			l.wrong("%s: must be one value, not a list or a section", where(key))
			continue
		}
		if row.Secret {
			other := counterpart(key)
			twin, _ := scalar(layer[other])
			if twin != "" && value == "" {
				continue
			}
			if twin != "" {
				if key == row.Name {
					l.wrong("%s and %s are both given; keep one", where(key), where(other))
				}
				continue
			}
			l.merged.Delete(other)
		}
		l.origins[row.Name] = where(key)
		if err := l.merged.Set(key, value); err != nil {
			l.wrong("%s: %v", where(key), err)
		}
	}
}

// fill parses what the layers left over the defaults.
func (l *loader) fill() Settings {
	s := Default()
	for _, row := range table() {
		raw, given := l.raw(row)
		if !given {
			continue
		}
		if err := row.field(&s).Set(raw); err != nil {
			l.wrong("%s: %v", l.origins[row.Name], err)
		}
	}
	s.origins = l.origins
	return s
}

func (l *loader) raw(row Setting) (string, bool) {
	if row.Secret && l.merged.String(row.Name+fileSuffix) != "" {
		content, err := readSmall(l.merged.String(row.Name + fileSuffix))
		if err != nil {
			l.wrong("%s: %v", l.origins[row.Name], err)
			return "", false
		}
		secret := strings.TrimSpace(string(content))
		if secret == "" {
			l.wrong("%s: the file is empty", l.origins[row.Name])
			return "", false
		}
		return secret, true
	}
	if !l.merged.Exists(row.Name) {
		return "", false
	}
	return l.merged.String(row.Name), true
}

func (l *loader) row(key string) (Setting, bool) {
	if row, ok := l.rows[key]; ok {
		return row, true
	}
	row, ok := l.rows[strings.TrimSuffix(key, fileSuffix)]
	return row, ok && row.Secret
}

// conflicts finds values that are each fine and wrong together.
func (s Settings) conflicts() []string {
	var found []string
	if s.Sandbox && !s.SandboxPublic && s.Reachable() {
		found = append(found, "sandbox: pretend payments and acting as others are refused where other people can reach them; "+
			"set sandbox to false, or sandbox_public to true for a try-out")
	}
	if s.MetricsListen != "" && sameDoor(s.Address(), s.MetricsListen) {
		found = append(found, "metrics_listen: must not be the address of the pages")
	}
	return append(found, s.channelConflicts()...)
}

// sameDoor compares ports first: two addresses with one port collide when the hosts are equal or one means all of them.
func sameDoor(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || isEvery(hostA) || isEvery(hostB)
}

func isEvery(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }

// isForeign tells variables that are not settings: those of the tests, the name of the settings file, and those that
// Kubernetes puts into every container for a service called tuanbot.
func isForeign(name string) bool {
	if name == fileVariable {
		return true
	}
	return slices.ContainsFunc([]string{"TEST_", "FAILPOINT", "BENCH_", "SERVICE_", "PORT"}, func(p string) bool {
		return strings.HasPrefix(strings.TrimPrefix(name, Prefix), p)
	})
}

func lookup(environ []string, name string) string {
	found := ""
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			found = value
		}
	}
	return found
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("%s is larger than %d KB", path, maxFileBytes>>10)
	}
	content, err := os.ReadFile(path) //nolint:gosec // G304: the person who starts the program names the file
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%s may not be read by this user", path)
	}
	return content, err
}
