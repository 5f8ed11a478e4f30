package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"

	"tuanbot/bot"
)

// maxAnswer is more than any answer of the platform.
const maxAnswer = 1 << 20

// apiError is the platform saying no.
type apiError struct {
	Code int
	Msg  string // scrubbed
}

func (e *apiError) Error() string { return fmt.Sprintf("the platform answered %d: %s", e.Code, e.Msg) }

// unclear is a request that may or may not have been taken: it left, and no answer that we understand came back.
type unclear struct{ err error }

func (u *unclear) Error() string { return u.err.Error() }
func (u *unclear) Unwrap() error { return u.err }

// unsent is a failure before the request itself was made: whatever it was, the request was not taken.
type unsent struct{ err error }

func (u *unsent) Error() string { return u.err.Error() }
func (u *unsent) Unwrap() error { return u.err }

// api speaks with the platform.
type api struct {
	base, app, secret string
	veil              *bot.Veil
	http              *http.Client
	tokens            *tokens
}

func newAPI(cfg Config) *api {
	a := &api{base: cfg.BaseURL, app: cfg.AppID, secret: cfg.Secret, http: cfg.HTTP}
	a.veil = bot.NewVeil(cfg.Secret, cfg.Token, cfg.AESKey, cfg.PreviousAESKey, string(cfg.SigningKey))
	a.tokens = newTokens(a, cfg)
	return a
}

// scrub takes our secrets out of an error's words. Wrapped errors stay findable by type.
func (a *api) scrub(err error) error { return a.veil.OverError(err) }

// call posts (or, without a body, gets) with a valid access token and decodes the answer. A token that the platform does
// not take is dropped and the call made once more; only when that fails too is a new one forced.
func (a *api) call(ctx context.Context, path string, query url.Values, body, out any) error {
	raw, kind, err := encode(body)
	if err != nil {
		return err
	}
	return a.withToken(ctx, path, query, raw, kind, out)
}

func (a *api) withToken(ctx context.Context, path string, query url.Values, raw []byte, kind string, out any) error {
	for try := 0; ; try++ {
		token, err := a.tokens.take(ctx)
		if err != nil {
			return &unsent{err}
		}
		q := url.Values{"access_token": {token}}
		maps.Copy(q, query)
		err = a.do(ctx, path, q, raw, kind, out)
		var no *apiError
		if !errors.As(err, &no) || !no.aboutToken() || try == 2 {
			return err
		}
		if try == 0 {
			a.tokens.drop(ctx, token)
			continue
		}
		if err := a.tokens.force(ctx, token); err != nil {
			return &unsent{err}
		}
	}
}

// aboutToken reports whether the platform did not take our access token.
func (e *apiError) aboutToken() bool { return e.Code == 40001 || e.Code == 40014 || e.Code == 42001 }

// encode makes JSON in which links stay readable.
func encode(body any) (raw []byte, kind string, err error) {
	if body == nil {
		return nil, "", nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, "", fmt.Errorf("encode a request: %w", err)
	}
	return b.Bytes(), "application/json; charset=utf-8", nil
}

// do makes one request. The address holds the access token, so no error may hold the address.
func (a *api) do(ctx context.Context, path string, q url.Values, raw []byte, kind string, out any) error {
	if err := ctx.Err(); err != nil {
		return &unsent{fmt.Errorf("ask %s: %w", path, err)}
	}
	method := http.MethodGet
	if raw != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path+"?"+q.Encode(), bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("ask %s: bad address", path)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := a.http.Do(req)
	if err != nil {
		return a.scrub(fmt.Errorf("ask %s: %w", path, lost(err)))
	}
	defer func() { _ = res.Body.Close() }() // read to its end, nothing is lost
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return a.scrub(fmt.Errorf("ask %s: %w", path, &unclear{err}))
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: %w", path, &unclear{fmt.Errorf("HTTP %d", res.StatusCode)})
	}
	return a.read(path, answer, out)
}

// read decodes an answer. Some good answers carry no error code at all, so zero and none are the same.
func (a *api) read(path string, answer []byte, out any) error {
	var no struct {
		Code int    `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(answer, &no); err != nil {
		return fmt.Errorf("ask %s: %w", path, &unclear{errors.New("the answer is not JSON")})
	}
	if no.Code != 0 {
		return fmt.Errorf("ask %s: %w", path, &apiError{Code: no.Code, Msg: a.veil.Over(no.Msg)})
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("ask %s: %w", path, &unclear{errors.New("the answer has an unknown form")})
	}
	return nil
}

// lost takes the address out of a failed request's error, and tells what surely never left from what may have.
func lost(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if neverLeft(err) {
		return err
	}
	return &unclear{err}
}

// neverLeft reports whether a request failed before anything was sent.
func neverLeft(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
