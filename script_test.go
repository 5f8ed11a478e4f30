package main

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tuanbot/configs"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tuanbot": main})
}

// TestScripts runs the real program: first start, settings, migration, audit, backup and stop.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(e *testscript.Env) error {
		door, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		e.Setenv("TUANBOT_LISTEN", door.Addr().String())
		e.Setenv("TUANBOT_METRICS_LISTEN", "")
		return door.Close()
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": waitReady}})
}

// waitReady waits until the program in the background answers.
func waitReady(ts *testscript.TestScript, _ bool, _ []string) {
	deadline := time.Now().Add(time.Minute)
	for {
		resp, err := http.Get("http://" + ts.Getenv("TUANBOT_LISTEN") + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not ready within a minute: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestReadmeShowsTheSettings keeps the table in README.md equal to the settings; -update in the environment rewrites it.
func TestReadmeShowsTheSettings(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- settings:begin -->\n", "<!-- settings:end -->"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	table, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the settings")
	}
	want := configs.SettingsTable("en")
	if table == want {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("README.md does not show the settings as they are; run UPDATE=1 go test -run TestReadme .")
	}
	if err := os.WriteFile("README.md", []byte(head+begin+want+end+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSplitLeavesACommandItsOwnWords(t *testing.T) {
	t.Parallel()
	cmd, s, rest, err := parse([]string{"audit", "--json", "--data-dir", "x", "--sandbox=false"}, nil, os.Stderr)
	if err != nil || cmd.name != "audit" || s.DataDir != "x" || s.Sandbox || len(rest) != 1 || rest[0] != "--json" {
		t.Errorf("parse: %s %q sandbox %t %v %v", cmd.name, s.DataDir, s.Sandbox, rest, err)
	}
}
