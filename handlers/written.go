package handlers

import (
	"context"
	"sync/atomic"
)

type writtenKey struct{}

// Track lets a caller find out later whether anything was committed, or found committed, under this context. Until then a
// failure means "nothing was recorded"; from then on it must not be said any more, however busy the rest of the way is.
func Track(ctx context.Context) (tracked context.Context, written func() bool) {
	var w atomic.Bool
	return context.WithValue(ctx, writtenKey{}, &w), w.Load
}

func markWritten(ctx context.Context) {
	if w, ok := ctx.Value(writtenKey{}).(*atomic.Bool); ok {
		w.Store(true)
	}
}
