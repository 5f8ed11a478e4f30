package redis

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"tuanbot/domain"
)

// A tally is one hash per deal. Each field is "version:JSON"; a field only ever moves to a higher version. Fields: "d" the
// deal, "t:ID" a team, "i:ID" an item.
const (
	fieldDeal = "d"
	fieldTeam = "t:"
	fieldItem = "i:"
)

// publishScript keeps the newer of each field.
// KEYS[1] the tally. ARGV[1] its lifetime in ms, ARGV[2] the version; then pairs of field and JSON.
const publishScript = `
local version = tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
	local old = redis.call('HGET', KEYS[1], ARGV[i])
	local known = old and tonumber(string.match(old, '^%d+'))
	if not known or known < version then
		redis.call('HSET', KEYS[1], ARGV[i], ARGV[2] .. ':' .. ARGV[i + 1])
	end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`

func (r *Redis) tallyKey(deal domain.DealID) string { return r.key("{deal:"+string(deal)+"}", "tally") }

// Publish keeps the newer of what is there and what is given, field by field.
func (r *Redis) Publish(ctx context.Context, t domain.DealTally) error {
	args := []any{tallyLife.Milliseconds(), t.Version, fieldDeal, strconv.FormatBool(t.Open)}
	for _, team := range t.Teams {
		b, err := json.Marshal(team)
		if err != nil {
			return fmt.Errorf("write tally of team: %w", err)
		}
		args = append(args, fieldTeam+string(team.Team), b)
	}
	for _, item := range t.Items {
		b, err := json.Marshal(item)
		if err != nil {
			return fmt.Errorf("write tally of item: %w", err)
		}
		args = append(args, fieldItem+string(item.Item), b)
	}
	err := r.within(ctx, otherPatience, func(ctx context.Context) error {
		return r.scripts.publish.Run(ctx, r.c, []string{r.tallyKey(t.Deal)}, args...).Err()
	})
	if err != nil {
		return fmt.Errorf("publish tally: %w", err)
	}
	return nil
}

// TallyOf is the remembered count, or ErrNoTally for whatever reason.
func (r *Redis) TallyOf(ctx context.Context, deal domain.DealID) (domain.DealTally, error) {
	var fields map[string]string
	err := r.within(ctx, tallyPatience, func(ctx context.Context) error {
		var err error
		fields, err = r.c.HGetAll(ctx, r.tallyKey(deal)).Result()
		return err
	})
	if err != nil {
		return domain.DealTally{}, errors.Join(domain.ErrNoTally, err)
	}
	if _, ok := fields[fieldDeal]; !ok {
		return domain.DealTally{}, domain.ErrNoTally
	}
	t, err := readTally(deal, fields)
	if err != nil {
		return domain.DealTally{}, errors.Join(domain.ErrNoTally, err)
	}
	return t, nil
}

func readTally(deal domain.DealID, fields map[string]string) (domain.DealTally, error) {
	t := domain.DealTally{Deal: deal}
	for name, value := range fields {
		number, body, _ := strings.Cut(value, ":")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return t, fmt.Errorf("read version of tally: %w", err)
		}
		t.Version = max(t.Version, version)
		switch {
		case name == fieldDeal:
			t.Open = body == "true"
		case strings.HasPrefix(name, fieldTeam):
			var team domain.TeamTally
			if err := json.Unmarshal([]byte(body), &team); err != nil {
				return t, fmt.Errorf("read tally of team: %w", err)
			}
			t.Teams = append(t.Teams, team)
		case strings.HasPrefix(name, fieldItem):
			var item domain.ItemTally
			if err := json.Unmarshal([]byte(body), &item); err != nil {
				return t, fmt.Errorf("read tally of item: %w", err)
			}
			t.Items = append(t.Items, item)
		}
	}
	slices.SortFunc(t.Teams, func(a, b domain.TeamTally) int { return cmp.Compare(a.Team, b.Team) })
	slices.SortFunc(t.Items, func(a, b domain.ItemTally) int { return cmp.Compare(a.Item, b.Item) })
	return t, nil
}

// The index of deadlines is one sorted set: member "deal team", score the time in ms.

func (r *Redis) deadlines() string { return r.key("deadlines") }

func member(d domain.TeamDeadline) string { return string(d.Deal) + " " + string(d.Team) }

// Schedule puts team deadlines into the index; a team that is there gets its new time.
func (r *Redis) Schedule(ctx context.Context, ds []domain.TeamDeadline) error {
	for part := range slices.Chunk(ds, 1000) {
		zs := make([]redis.Z, len(part))
		for i, d := range part {
			zs[i] = redis.Z{Score: float64(d.At.UnixMilli()), Member: member(d)}
		}
		err := r.within(ctx, otherPatience, func(ctx context.Context) error { return r.c.ZAdd(ctx, r.deadlines(), zs...).Err() })
		if err != nil {
			return fmt.Errorf("schedule deadlines: %w", err)
		}
	}
	return nil
}

// Due lists deals in the index whose time has come.
func (r *Redis) Due(ctx context.Context, now time.Time, limit int) ([]domain.DealID, error) {
	var members []string
	err := r.within(ctx, otherPatience, func(ctx context.Context) error {
		var err error
		members, err = r.c.ZRangeArgs(ctx, redis.ZRangeArgs{
			Key: r.deadlines(), Start: "-inf", Stop: strconv.FormatInt(now.UnixMilli(), 10), ByScore: true, Count: int64(limit),
		}).Result()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read due deadlines: %w", err)
	}
	var deals []domain.DealID
	for _, m := range members {
		deal, _, _ := strings.Cut(m, " ")
		if !slices.Contains(deals, domain.DealID(deal)) {
			deals = append(deals, domain.DealID(deal))
		}
	}
	return deals, nil
}

// forgetScript drops a deadline unless it was moved to a later time meanwhile.
// KEYS[1] the index. ARGV pairs of member and time in ms; 0 drops it whatever its time.
const forgetScript = `
local dropped = 0
for i = 1, #ARGV, 2 do
	local at = tonumber(ARGV[i + 1])
	local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
	if score and (at == 0 or tonumber(score) <= at) then
		dropped = dropped + redis.call('ZREM', KEYS[1], ARGV[i])
	end
end
return dropped
`

// Forget drops deadlines that have been dealt with.
func (r *Redis) Forget(ctx context.Context, ds []domain.TeamDeadline) error {
	for part := range slices.Chunk(ds, 500) {
		args := make([]any, 0, 2*len(part))
		for _, d := range part {
			var at int64
			if !d.At.IsZero() {
				at = d.At.UnixMilli()
			}
			args = append(args, member(d), at)
		}
		err := r.within(ctx, otherPatience, func(ctx context.Context) error {
			return r.scripts.forget.Run(ctx, r.c, []string{r.deadlines()}, args...).Err()
		})
		if err != nil {
			return fmt.Errorf("forget deadlines: %w", err)
		}
	}
	return nil
}
