package bot

// Finding is one thing that a look at a channel's set-up has found: what works, or what is missing and what to do about it.
type Finding struct {
	OK     bool
	What   string // what was looked at, e.g. "token"
	Detail string // what was found, free of secrets
	Advice string // what the operator can do; "" when all is well
}
