package wecom

import (
	"testing"
	"time"
)

// Go's own client waits for ever, and so would every answer behind it.
func TestOurOwnClientGivesUp(t *testing.T) {
	t.Parallel()
	var cfg Config
	_ = check(&cfg) // nothing is set: what is missing does not matter here
	if cfg.HTTP == nil || cfg.HTTP.Timeout <= 0 || cfg.HTTP.Timeout > 5*time.Second {
		t.Errorf("%+v", cfg.HTTP)
	}
}
