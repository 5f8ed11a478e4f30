package redis

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// budgetScript keeps the times of the last sends of one budget and gives a new one away only if fewer than the limit lie
// within the period. Until one period after the first use of this memory, which may be the first after a loss, half of
// every budget counts as spent. Times are Redis' own, as text of whole ms: a large number would lose digits as text.
// KEYS[1] the list of times, KEYS[2] the birth of this memory. ARGV[1] the limit, ARGV[2] the period in ms.
// Returns how many are left, and how long to wait in ms (0: taken).
const budgetScript = `
local limit, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local stamp = string.format('%.0f', now)
local born = redis.call('GET', KEYS[2])
if not born then
	redis.call('SET', KEYS[2], stamp)
	born = stamp
end
local fresh = tonumber(born) + period - now
if fresh > 0 then
	limit = math.ceil(limit / 2)
end
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - period do
	redis.call('LPOP', KEYS[1])
	oldest = redis.call('LINDEX', KEYS[1], 0)
end
local used = redis.call('LLEN', KEYS[1])
if used < limit then
	redis.call('RPUSH', KEYS[1], stamp)
	redis.call('PEXPIRE', KEYS[1], ARGV[2])
	return {limit - used - 1, 0}
end
local wait = period
local first = redis.call('LINDEX', KEYS[1], used - limit)
if first then
	wait = tonumber(first) + period - now
end
if fresh > 0 and fresh < wait and used < tonumber(ARGV[1]) then
	wait = fresh
end
return {0, math.max(1, wait)}
`

var errBudget = errors.New("a budget needs a limit and a period")

// Take asks for one send under a key, with at most limit in any period. All budgets share a hash slot with the mark that
// tells how old this memory is.
func (r *Redis) Take(ctx context.Context, key string, limit int, period time.Duration) (left int, wait time.Duration, err error) {
	if limit < 1 || period < time.Millisecond {
		return 0, 0, fmt.Errorf("%s: %w", key, errBudget)
	}
	keys := []string{r.key("{budget}", key), r.key("{budget}", "born")}
	var got []int64
	err = r.within(ctx, otherPatience, func(ctx context.Context) error {
		var err error
		got, err = r.scripts.budget.Run(ctx, r.c, keys, limit, period.Milliseconds()).Int64Slice()
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("take from budget %s: %w", key, err)
	}
	return int(got[0]), time.Duration(got[1]) * time.Millisecond, nil
}
