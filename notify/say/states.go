package say

import "tuanbot/domain"

// DealWord is a deal's state in one word.
func (v Voice) DealWord(s domain.DealState) string { return v.words("deal." + string(s)) }

// TeamWord is a team's state in one word.
func (v Voice) TeamWord(s domain.TeamState) string { return v.words("team." + string(s)) }

// StateWord is an order's state in one word, as its owner thinks of it.
func (v Voice) StateWord(s domain.OrderState) string { return v.words("state." + string(s)) }

// PayWord is whether an order is paid.
func (v Voice) PayWord(s domain.PayState) string { return v.words("paid." + string(s)) }

// PayRule is when people pay in a deal.
func (v Voice) PayRule(p domain.PayWhen) string { return v.words("terms.pay." + string(p)) }

// RefundWord is a refund's state in one word.
func (v Voice) RefundWord(s domain.RefundState) string { return v.words("refund." + string(s)) }

// NoiseWord is how much the bot says in a chat.
func (v Voice) NoiseWord(n domain.Noise) string { return v.words("noise." + string(n)) }
