//go:build unix && !linux

package servers

import (
	"os/exec"
	"syscall"
)

const (
	sigPause  = syscall.SIGSTOP
	sigResume = syscall.SIGCONT
)

func procAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func run(cmd *exec.Cmd) (<-chan struct{}, error) { return runPlain(cmd) }
