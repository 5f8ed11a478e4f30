package servers

import (
	"os/exec"
	"syscall"
)

// Windows cannot freeze a process by signal, and these servers are not run there; the program itself must still build.
const (
	sigPause  = syscall.SIGTRAP
	sigResume = syscall.SIGTRAP
)

func procAttr() *syscall.SysProcAttr { return nil }

func run(cmd *exec.Cmd) (<-chan struct{}, error) { return runPlain(cmd) }
