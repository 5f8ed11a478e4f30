package domain

// Who is written down in a pasted list under another name than their own may say so: 我是7号. The leader decides; an order that
// belongs to somebody is never given away.

// The kinds of a claim's rows in the trail of the order that it is about.
const (
	EventClaim       = "claim"        // by who says that the order is theirs
	EventClaimAnswer = "claim_answer" // by the leader; the answer names who had claimed it
)

// ClaimKey is under which the leader is asked about a claim: once, and once more after each time that they denied it.
func ClaimKey(order OrderID, who AccountID, trail []Event) string {
	return dedup("claim", order, who, denials(trail, who))
}

func denials(trail []Event, who AccountID) int {
	n := 0
	for _, e := range trail {
		if e.Answer.Did == DidClaimDeny && e.Answer.Shopper == who {
			n++
		}
	}
	return n
}

// ClaimedBy finds in the trail of an order whose claim the leader was asked about under a key. An answer that came meanwhile
// makes it nobody's.
func ClaimedBy(trail []Event, order OrderID, key string) (AccountID, bool) {
	for _, e := range trail {
		if e.Answer.Did == DidClaimAsk && ClaimKey(order, e.Answer.Shopper, trail) == key {
			return e.Answer.Shopper, true
		}
	}
	return "", false
}
