//go:build !linux

package servers

import "os/exec"

// runPlain starts the command and returns a channel that closes when it has ended.
func runPlain(cmd *exec.Cmd) (<-chan struct{}, error) {
	gone := make(chan struct{})
	if err := cmd.Start(); err != nil {
		close(gone)
		return gone, err
	}
	go func() {
		defer close(gone)
		_ = cmd.Wait() // it ends by a signal of ours; the log tells when it was something else
	}()
	return gone, nil
}
