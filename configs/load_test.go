package configs_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tuanbot/configs"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, src configs.Sources) configs.Settings {
	t.Helper()
	s, err := configs.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func problems(t *testing.T, src configs.Sources) []string {
	t.Helper()
	_, err := configs.Load(src)
	var invalid *configs.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("want an InvalidError, got %v", err)
	}
	return invalid.Problems
}

func TestNothingGivenIsAWorkingProgram(t *testing.T) {
	t.Parallel()
	s := load(t, configs.Sources{})
	if s.Listen != "127.0.0.1:8080" || !s.Embedded() || s.RedisURL.IsSet() || !s.Sample || !s.Sandbox || s.Reachable() {
		t.Errorf("unexpected defaults:\n%s", s.Redacted())
	}
	if s.QuietFrom.String() != "22:30" || s.QuietTo.Duration() != 7*time.Hour+30*time.Minute {
		t.Errorf("quiet hours are %s to %s", s.QuietFrom, s.QuietTo)
	}
	if s.PayWindowAfterFormed != 16*time.Hour || s.PayWindowAtJoin != 15*time.Minute || s.LogLevel != slog.LevelInfo {
		t.Errorf("unexpected defaults:\n%s", s.Redacted())
	}
	if loc, err := s.Location(); err != nil || loc.String() != "Asia/Shanghai" {
		t.Errorf("zone: %v, %v", loc, err)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	t.Parallel()
	file := write(t, "tuanbot.yaml", "listen: 127.0.0.1:1\nlanguage: en\nzone: Europe/Berlin\nquiet_to: 8:15\nsample: no\nrelay_workers: 7\n")
	s := load(t, configs.Sources{
		File:      file,
		Environ:   []string{"PATH=/bin", "TUANBOT_LISTEN=127.0.0.1:2", "TUANBOT_ZONE=Asia/Tokyo", "TUANBOT_METRICS_LISTEN="},
		Overrides: map[string]string{"listen": "127.0.0.1:3"},
	})
	if s.Listen != "127.0.0.1:3" || s.Zone != "Asia/Tokyo" || s.Language != "en" || s.QuietTo.String() != "08:15" || s.Sample || s.RelayWorkers != 7 || s.MetricsListen != "" {
		t.Errorf("wrong source won:\n%s", s.Redacted())
	}
	for _, line := range []string{`listen: "127.0.0.1:3"  # --listen`, "zone: Asia/Tokyo  # TUANBOT_ZONE", "language: en  # language in " + file, "sandbox: true  # default"} {
		if !strings.Contains(s.Redacted(), line+"\n") {
			t.Errorf("%q is missing in:\n%s", line, s.Redacted())
		}
	}
}

func TestEverythingWrongIsReportedTogether(t *testing.T) {
	t.Parallel()
	file := write(t, "tuanbot.yaml", "listn: x\nlanguage: fr\nquiet_from: 25:00\nzone: [a, b]\ndata_dir:\n  deep: 1\nlog_format: xml\n")
	got := strings.Join(problems(t, configs.Sources{
		File: file,
		Environ: []string{
			"TUANBOT_LISTEN=nowhere", "TUANBOT_SAMPLE=perhaps", "TUANBOT_RELAY_WORKERS=0", "TUANBOT_COLOUR=red", "TUANBOT_ZONE=Local",
			"TUANBOT_DATABASE_URL=postgres://u:hunter2@h/d", "TUANBOT_REDIS_URL=http://:hunter2@h", "TUANBOT_MASTER_KEY=hunter2",
			"TUANBOT_PUBLIC_URL=tuan.example.org", "TUANBOT_METRICS_LISTEN=:99999", "TUANBOT_LOG_LEVEL=loud",
		},
		Overrides: map[string]string{"pay_window_at_join": "1s", "shutdown_timeout": "soon", "tempo": "1", "master_key": "x"},
	}), "\n")
	for _, want := range []string{
		"listn in " + file + ": there is no such setting; did you mean listen?", `language in ` + file + `: "fr"`, `"25:00"`, "zone in " + file + ": must be one value",
		"data_dir.deep in", `"xml"`, `TUANBOT_LISTEN: "nowhere" is not host:port`, `"perhaps"`, `TUANBOT_RELAY_WORKERS: "0"`, "TUANBOT_COLOUR: there is no such setting", `"Local"`,
		"TUANBOT_DATABASE_URL: must start with mysql://", "TUANBOT_REDIS_URL: must start with redis://", "TUANBOT_MASTER_KEY: must be 32 bytes",
		`"tuan.example.org"`, `":99999"`, `"loud"`, `--pay-window-at-join: "1s"`, `--shutdown-timeout: "soon"`, "--tempo: there is no such setting",
		"--master-key: a command line can be read by everybody",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not reported in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret is repeated in:\n%s", got)
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	t.Parallel()
	const key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	secret := write(t, "key", key+"\n")
	for name, src := range map[string]configs.Sources{
		"file":        {File: write(t, "a.yaml", "master_key_file: "+secret+"\n")},
		"environment": {Environ: []string{"TUANBOT_MASTER_KEY_FILE=" + secret, "TUANBOT_MASTER_KEY="}},
		"flag":        {Environ: []string{"TUANBOT_MASTER_KEY=wrong"}, Overrides: map[string]string{"master_key_file": secret}},
	} {
		s := load(t, src)
		if got, err := s.MasterKeyBytes(); err != nil || len(got) != 32 || got[1] != 0x11 {
			t.Errorf("%s: key is %x, %v", name, got, err)
		}
		if strings.Contains(s.Redacted(), "0011") {
			t.Errorf("%s: the key shows in:\n%s", name, s.Redacted())
		}
	}
	s := load(t, configs.Sources{
		File:    write(t, "b.yaml", "redis_url_file: /does/not/matter\n"),
		Environ: []string{"TUANBOT_REDIS_URL=redis://localhost:1"},
	})
	if s.RedisURL.Reveal() != "redis://localhost:1" {
		t.Error("the environment did not win over a _file in the settings file")
	}
}

func TestSecretFilesThatCannotServe(t *testing.T) {
	t.Parallel()
	good := write(t, "key", strings.Repeat("ab", 32))
	for name, c := range map[string]struct{ environ, want string }{
		"missing": {"TUANBOT_MASTER_KEY_FILE=/no/such/file", "no such file"},
		"empty":   {"TUANBOT_MASTER_KEY_FILE=" + write(t, "empty", " \n"), "the file is empty"},
		"wrong":   {"TUANBOT_MASTER_KEY_FILE=" + write(t, "wrong", "abc"), "must be 32 bytes"},
		"huge":    {"TUANBOT_MASTER_KEY_FILE=" + write(t, "huge", strings.Repeat("a", 100<<10)), "larger than"},
		"config":  {"TUANBOT_CONFIG=/no/such/settings", "no such file"},
		"yaml":    {"TUANBOT_CONFIG=" + write(t, "x.yaml", "a: b: c\n"), "not readable as YAML"},
	} {
		if got := strings.Join(problems(t, configs.Sources{Environ: []string{c.environ}}), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	both := problems(t, configs.Sources{Environ: []string{"TUANBOT_MASTER_KEY=x", "TUANBOT_MASTER_KEY_FILE=" + good}})
	if len(both) != 1 || !strings.Contains(both[0], "both given") {
		t.Errorf("both given: %q", both)
	}
}

func TestForeignVariablesAreLeftAlone(t *testing.T) {
	t.Parallel()
	load(t, configs.Sources{Environ: []string{
		"TUANBOT_TEST_MYSQL=x", "TUANBOT_SERVICE_HOST=10.0.0.1", "TUANBOT_PORT_8080_TCP=tcp://10.0.0.1:8080", "TUANBOT_FAILPOINTS=x",
	}})
}

func TestSandboxIsRefusedInReach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		overrides map[string]string
		refused   bool
	}{
		"loopback":         {map[string]string{"listen": "[::1]:80"}, false},
		"every interface":  {map[string]string{"listen": ":80"}, true},
		"lan":              {map[string]string{"lan": "true"}, true},
		"lan by intent":    {map[string]string{"lan": "true", "sandbox_public": "true"}, false},
		"lan no sandbox":   {map[string]string{"lan": "true", "sandbox": "false"}, false},
		"behind a proxy":   {map[string]string{"public_url": "https://tuan.example.org"}, true},
		"local public url": {map[string]string{"public_url": "http://localhost:8080/"}, false},
	} {
		_, err := configs.Load(configs.Sources{Overrides: c.overrides})
		if (err != nil) != c.refused {
			t.Errorf("%s: refused is %v, error %v", name, c.refused, err)
		}
	}
}

func TestMetricsKeepTheirOwnDoor(t *testing.T) {
	t.Parallel()
	for metrics, refused := range map[string]bool{
		"127.0.0.1:8080": true, "0.0.0.0:8080": true, "127.0.0.1:8081": false, "127.0.0.2:8080": false, "": false, "127.0.0.1:0": false,
	} {
		_, err := configs.Load(configs.Sources{Overrides: map[string]string{"metrics_listen": metrics}})
		if (err != nil) != refused {
			t.Errorf("%q: refused is %v, error %v", metrics, refused, err)
		}
	}
}

func TestLANOpensALocalAddress(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{"127.0.0.1:8080": ":8080", "localhost:1": ":1", "192.168.1.5:8080": "192.168.1.5:8080"} {
		if got := (configs.Settings{Listen: listen, LAN: true}).Address(); got != want {
			t.Errorf("%s opens %s, want %s", listen, got, want)
		}
		if got := (configs.Settings{Listen: listen}).Address(); got != listen {
			t.Errorf("%s without lan opens %s", listen, got)
		}
	}
}
