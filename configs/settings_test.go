package configs_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"tuanbot/configs"
)

var update = flag.Bool("update", false, "write configs/example.yaml anew")

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	secret := configs.NewSecret("hunter2")
	holder := struct{ Key configs.Secret }{secret}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", secret)
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", &secret)
	}
	if err := json.NewEncoder(&out).Encode(map[string]any{"a": secret, "b": holder}); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", secret, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", secret, "holder", holder)
	text, err := secret.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	for _, leak := range []string{"hunter2", "68756e74657232", "104 117"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q leaks in:\n%s", leak, out.String())
		}
	}
	if secret.Reveal() != "hunter2" || secret.String() != "***" || configs.NewSecret("").String() != "" {
		t.Error("a secret that is set shows ***, an empty one nothing, and Reveal the value")
	}
}

func TestExampleFileIsCurrent(t *testing.T) {
	t.Parallel()
	want := configs.Example()
	if *update {
		if err := os.WriteFile("example.yaml", want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("configs/example.yaml is not what the table gives; run `make example`")
	}
}

func TestExampleFileLoads(t *testing.T) {
	t.Parallel()
	var lines []string
	for line := range strings.SplitSeq(string(configs.Example()), "\n") {
		if name, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(name, " ") {
			lines = append(lines, name)
		}
	}
	if len(lines) != len(configs.Table()) {
		t.Fatalf("%d lines for %d settings", len(lines), len(configs.Table()))
	}
	got := load(t, configs.Sources{File: write(t, "example.yaml", strings.Join(lines, "\n"))})
	plain := load(t, configs.Sources{})
	if values(got) != values(plain) {
		t.Errorf("the example with every line on is:\n%s", got.Redacted())
	}
}

func values(s configs.Settings) string {
	var b strings.Builder
	for line := range strings.SplitSeq(s.Redacted(), "\n") {
		value, _, _ := strings.Cut(line, "  # ")
		b.WriteString(value + "\n")
	}
	return b.String()
}

func TestRedactedReadsBackAsSettings(t *testing.T) {
	t.Parallel()
	s := load(t, configs.Sources{Overrides: map[string]string{
		"data_dir": "/tmp/a b#c", "listen": "[::1]:7", "quiet_to": "6:05", "log_level": "warn", "pay_window_after_formed": "90m",
	}})
	again := load(t, configs.Sources{File: write(t, "printed.yaml", s.Redacted())})
	if values(again) != values(s) {
		t.Errorf("printed:\n%s\nread back:\n%s", s.Redacted(), again.Redacted())
	}
}

func TestSettingsTableNamesEverything(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "zh"} {
		got := configs.SettingsTable(language)
		for _, row := range configs.Table() {
			if !strings.Contains(got, "| `"+row.Name+"` | `"+row.Env()+"` |") {
				t.Errorf("%s: %s is missing", language, row.Name)
			}
			if row.Meaning == "" || row.MeaningZH == "" {
				t.Errorf("%s is not explained in both languages", row.Name)
			}
		}
	}
}

func TestFlagsOfTheTable(t *testing.T) {
	t.Parallel()
	for _, row := range configs.Table() {
		if row.Secret != strings.HasSuffix(row.Flag(), "-file") {
			t.Errorf("%s has flag %s", row.Name, row.Flag())
		}
		if row.IsSwitch() != (row.Default == "true" || row.Default == "false") {
			t.Errorf("%s: IsSwitch is %v with default %q", row.Name, row.IsSwitch(), row.Default)
		}
	}
}
