// Command tuanbot runs community group buying inside the chats where it happens. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"tuanbot/configs"
)

// The exit codes.
const (
	exitOK    = 0
	exitNo    = 1 // the answer is no: violations found, settings wrong, a step failed
	exitUsage = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// command is one word of the command line.
type command struct {
	name string
	help string
	run  func(ctx context.Context, c call) error
}

// call is what a command gets.
type call struct {
	settings configs.Settings
	args     []string
	out, err io.Writer
}

func commands() []command {
	return []command{
		{"serve", "start (also without any word) / 启动（不写命令也是它）", serve},
		{"migrate", "bring the database's tables up to date / 升级数据表", migrate},
		{"config", "print the settings in force, secrets hidden / 显示当前设置", printConfig},
		{"audit", "check every order, seat and fen; --json / 核对每一单、每一份、每一分钱", audit},
		{"backup", "FILE: copy the SQLite database while it runs / 备份数据库", backup},
		{"restore", "FILE: put a backup in place of the database / 从备份恢复", restore},
		{"grant", "CHANNEL PERSON ROLE [SCOPE]: give a role; --remove takes it / 授予或收回角色", grant},
		{"operator-link", "print a new one-time operator link / 生成一次性管理员链接", operatorLink},
		{"check", "say what works and what is missing in the set-up / 检查配置，缺什么一一列出", check},
		{"menu", "set the official account's menu from the settings / 按设置更新公众号菜单", setMenu},
		{"fake", "stand-ins of the platforms with a page to speak as their people; --serve starts tuanbot too / 平台替身，可以扮演各平台的人", runFake},
		{"bench", "measure joins, decisions and start-up / 性能测试", runBench},
	}
}

// errUsage is a command line that makes no sense; what is wrong was printed.
var errUsage = errors.New("usage")

func run(args, environ []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd, settings, rest, err := parse(args, environ, errOut)
	if err == nil {
		err = cmd.run(ctx, call{settings: settings, args: rest, out: out, err: errOut})
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	}
	fmt.Fprintln(errOut, "tuanbot:", err)
	if errors.Is(err, errCannotTell) {
		return exitUsage
	}
	return exitNo
}

// parse finds the command and reads settings from file, environment and flags. Words that begin with a dash and name a
// setting are settings; the rest is the command's own.
func parse(args, environ []string, errOut io.Writer) (command, configs.Settings, []string, error) {
	cmd := commands()[0]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		i := indexOf(args[0])
		if i < 0 {
			usage(errOut)
			return cmd, configs.Settings{}, nil, errUsage
		}
		cmd, args = commands()[i], args[1:]
	}
	flags := flag.NewFlagSet("tuanbot", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() { usage(errOut) }
	file := flags.String("config", "", "")
	overrides := map[string]string{}
	for _, row := range configs.Table() {
		set := func(v string) error { overrides[strings.ReplaceAll(row.Flag(), "-", "_")] = v; return nil }
		if row.IsSwitch() {
			flags.BoolFunc(row.Flag(), "", set)
		} else {
			flags.Func(row.Flag(), "", set)
		}
	}
	ours, own := split(args, flags)
	if err := flags.Parse(ours); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return cmd, configs.Settings{}, nil, err
		}
		fmt.Fprintln(errOut, "tuanbot:", err)
		return cmd, configs.Settings{}, nil, errUsage
	}
	settings, err := configs.Load(configs.Sources{File: *file, Environ: environ, Overrides: overrides})
	return cmd, settings, own, err
}

func indexOf(word string) int {
	for i, c := range commands() {
		if c.name == word {
			return i
		}
	}
	return -1
}

// split parts the settings' flags from the words of the command itself (--json, file names).
func split(args []string, flags *flag.FlagSet) (ours, own []string) {
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") {
			own = append(own, args[i])
			continue
		}
		if name == "help" || name == "h" {
			ours = append(ours, "-h")
			continue
		}
		f := flags.Lookup(name)
		if f == nil {
			own = append(own, args[i])
			continue
		}
		ours = append(ours, args[i])
		sw, ok := f.Value.(interface{ IsBoolFlag() bool })
		if !joined && (!ok || !sw.IsBoolFlag()) && i+1 < len(args) {
			i++
			ours = append(ours, args[i])
		}
	}
	return ours, own
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "tuanbot [command] [--setting value …]")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-14s %s\n", c.name, c.help)
	}
	fmt.Fprintln(w, "\nSettings / 设置 (--config FILE, environment TUANBOT_…):")
	for _, row := range configs.Table() {
		fmt.Fprintf(w, "  --%-26s %s\n", row.Flag(), row.Meaning)
	}
}
