package sandbox

import "time"

// Faults are what a gateway and the network in front of it can do to us. Nil and zero mean: nothing goes wrong.
type Faults struct {
	// Before fails an operation (create, query, close, refund, query_refund) before it does anything.
	Before func(op string) error
	// After fails an operation although it was done: the answer was lost on the way back.
	After func(op string) error
	// Lose throws a callback away although the gateway believes it delivered.
	Lose func(kind string) bool
	// Copies is how many more times a callback is delivered.
	Copies func(kind string) int
	// Delay puts a new callback off.
	Delay func(kind string) time.Duration
	// Reverse delivers the newest callbacks first.
	Reverse bool
	// Refund is what becomes of a refund whose time has come: "" = succeeded, "abnormal", "closed" or "processing" (later).
	Refund func(number string) string
	// PayLate takes money after a trade has expired, as gateways may.
	PayLate bool
}

// SetFaults replaces what goes wrong; it may be called while the gateway works.
func (g *Gateway) SetFaults(f Faults) { g.faults.Store(&f) }
