package servers

import (
	"os/exec"
	"runtime"
	"syscall"
)

const (
	sigPause  = syscall.SIGSTOP
	sigResume = syscall.SIGCONT
)

// procAttr puts the server into a group of its own, so that Ctrl-C in a terminal does not reach it before we say so, and
// lets the kernel kill it when the test dies, so that no server is left behind by a crashed test.
func procAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// run starts the command and returns a channel that closes when it has ended. One goroutine keeps its thread for all of
// that time: the kernel sends Pdeathsig when the *thread* that started the process ends, and Go ends threads when it likes.
func run(cmd *exec.Cmd) (<-chan struct{}, error) {
	started, gone := make(chan error), make(chan struct{})
	go func() {
		defer close(gone)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it ends by a signal of ours; the log tells when it was something else
		}
	}()
	return gone, <-started
}
