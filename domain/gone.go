package domain

import "time"

// When a chat cannot be spoken in any more - we were taken out, or it is no more - nothing happens to the orders that came by
// it. The leader hears that the card there is dead, and everybody who ordered by that chat hears privately that their order
// stays, because what the group would have heard reaches them no other way.

// What NoticeChatGone is told for (Num["what"]).
const (
	GoneForLeader  = 1
	GoneForShopper = 2
)

// ChatGone are the notices of one deal about a chat that is gone; each is told once. A deal that is over needs none.
func ChatGone(s DealSheet, chat ChatID, shoppers map[AccountID]OrderID, now time.Time) []Notice {
	switch s.Deal.State {
	case DealFailed, DealCancelled, DealCompleted:
		return nil
	case DealScheduled, DealOpen, DealLocked, DealFormed, DealFulfilling:
	}
	leader := s.Deal.OpenedBy
	for _, c := range s.Chats {
		if c.Chat == chat && c.Leader != "" {
			leader = c.Leader
		}
	}
	note := Notice{Kind: NoticeChatGone, Community: s.Deal.Community, Deal: s.Deal.ID, Due: now}
	notes := make([]Notice, 0, len(shoppers)+1)
	toLeader := note
	toLeader.Account, toLeader.Num = leader, map[string]int64{"what": GoneForLeader, "people": int64(len(shoppers))}
	toLeader.Dedup = dedup("chat_gone", s.Deal.ID, chat, leader)
	notes = append(notes, toLeader)
	for who, order := range shoppers {
		n := note
		n.Account, n.Order, n.Num = who, order, map[string]int64{"what": GoneForShopper}
		n.Dedup = dedup("chat_gone", s.Deal.ID, chat, order)
		notes = append(notes, n)
	}
	return notes
}
