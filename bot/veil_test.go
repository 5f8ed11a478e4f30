package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tuanbot/bot"
)

func TestVeilHidesSecretsAndLateTokens(t *testing.T) {
	t.Parallel()
	v := bot.NewVeil("", "sec+ret/=")
	v.Add("")
	v.Add("token")
	inner := errors.New("inside")
	err := v.OverError(fmt.Errorf("ask https://x/?a=sec%%2Bret%%2F%%3D&b=sec+ret/=&c=token: %w", inner))
	if s := err.Error(); s != "ask https://x/?a=***&b=***&c=***: inside" || !errors.Is(err, inner) {
		t.Errorf("%v", err)
	}
	if v.OverError(nil) != nil || !errors.Is(v.OverError(inner), inner) || v.Over("") != "" {
		t.Error("what holds no secret stays as it is")
	}
	for i := range 20 {
		v.Add(fmt.Sprint("late", i, "!"))
	}
	if s := v.Over("token late19! sec+ret/="); s != "token *** ***" {
		t.Errorf("%q: old tokens are over, secrets never", s)
	}
}

// memory is a cache that can break.
type memory struct {
	values map[string]string
	broken bool
}

var errAway = errors.New("away")

func (m *memory) Get(_ context.Context, key string) (string, bool, error) {
	v, ok := m.values[key]
	if m.broken {
		return "", false, errAway
	}
	return v, ok, nil
}

func (m *memory) Set(_ context.Context, key, value string, ttl time.Duration) error {
	if m.broken || ttl <= 0 {
		return errAway
	}
	m.values[key] = value
	return nil
}

func (m *memory) Delete(_ context.Context, key string) error {
	delete(m.values, key)
	return nil
}

func TestShelfIsSharedUntilItsTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	m := &memory{values: map[string]string{}}
	s := bot.Shelf{Cache: m, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Channel: "x"}
	s.Put(t.Context(), "k", "v", time.Minute)
	s.Put(t.Context(), "never", "v", 0)
	if len(m.values) != 1 {
		t.Errorf("a life of nothing is stored: %v", m.values)
	}
	if v, until, ok := s.Look(t.Context(), "k"); !ok || v != "v" || !until.Equal(now.Add(time.Minute)) {
		t.Error(v, until, ok)
	}
	s.Drop(t.Context(), "k", "another")
	if _, _, ok := s.Look(t.Context(), "k"); !ok {
		t.Error("what was replaced meanwhile is dropped")
	}
	now = now.Add(time.Minute)
	if _, _, ok := s.Look(t.Context(), "k"); ok {
		t.Error("it outlives its time")
	}
	now = now.Add(-time.Minute)
	if s.Drop(t.Context(), "k", "v"); len(m.values) != 0 {
		t.Error("it is still there")
	}
	m.values["bad"] = "no JSON"
	if _, _, ok := s.Look(t.Context(), "bad"); ok {
		t.Error("what cannot be read is a value")
	}
	m.broken = true
	s.Put(t.Context(), "k", "v", time.Minute)
	if _, _, ok := (bot.Shelf{}).Look(t.Context(), "k"); ok {
		t.Error("no cache holds nothing")
	}
}

func TestGuardTurnsAPanicIntoAgain(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := bot.Guard(slog.New(slog.NewTextHandler(&log, nil)), "x", func(http.ResponseWriter, *http.Request) { panic("with a secret") })
	res := httptest.NewRecorder()
	h(res, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	if res.Code != http.StatusInternalServerError || strings.Contains(log.String(), "with a secret") || !strings.Contains(log.String(), "panic in a callback") {
		t.Errorf("%d %s", res.Code, log.String())
	}
}
