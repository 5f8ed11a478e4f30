package bot

import (
	"context"
	"time"
)

// InboxItem is an update that the platform was told is taken before it was handled. It has no name of its own (an alias), so
// that storage can spell the same type without importing this package.
type InboxItem = struct {
	Source, Key, Owner string
	Body               []byte
	Attempts, Fence    int64
}

// Inbox keeps such updates until their replies have left. Whoever works on one holds a lease; every change but the first is
// refused when the lease is somebody else's by now.
type Inbox interface {
	// KeepUpdate stores an update once, leased to its owner. Fresh is false when it is there already, whoever has it.
	KeepUpdate(ctx context.Context, u InboxItem, lease time.Duration) (fence int64, fresh bool, err error)
	// ClaimUpdates leases unfinished updates whose lease is over, oldest first.
	ClaimUpdates(ctx context.Context, owner string, lease time.Duration, limit int) ([]InboxItem, error)
	// HoldUpdate prolongs a lease and keeps the body as it is now.
	HoldUpdate(ctx context.Context, u InboxItem, lease time.Duration) error
	// FinishUpdate ends an update; its body goes.
	FinishUpdate(ctx context.Context, u InboxItem, reason string) error
	// PostponeUpdate gives an update another turn later.
	PostponeUpdate(ctx context.Context, u InboxItem, after time.Duration, reason string) error
	// WakeUpdate gives a postponed update its turn now, unless somebody took it up meanwhile.
	WakeUpdate(ctx context.Context, u InboxItem) error
}
