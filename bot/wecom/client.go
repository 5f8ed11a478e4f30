package wecom

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
	"slices"
	"time"

	"tuanbot/bot"
)

// maxAnswer is more than any answer of the platform.
const maxAnswer = 8 << 20

// refusedError is the platform saying no.
type refusedError struct {
	Code int
	Msg  string // without secrets
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("the platform answered %d: %s", e.Code, e.Msg)
}

// transitError is a request without an answer that we understand. Left says that it may have been taken.
type transitError struct {
	err  error
	left bool
}

func (e *transitError) Error() string { return e.err.Error() }
func (e *transitError) Unwrap() error { return e.err }

// api speaks with the platform.
type api struct {
	base, corp string
	http       *http.Client
	shelf      bot.Shelf
	clock      func() time.Time
	veil       *bot.Veil
}

func newAPI(cfg Config) *api {
	secrets := []string{
		cfg.AppSecret, cfg.App.Token, cfg.App.AESKey, cfg.KFSecret, cfg.KF.Token, cfg.KF.AESKey, cfg.Bot.Token, cfg.Bot.AESKey, cfg.ContactSecret,
	}
	secrets = append(secrets, slices.Collect(maps.Values(cfg.Robots))...)
	shelf := bot.Shelf{Clock: cfg.Clock, Log: cfg.Log, Channel: ChannelName}
	if cfg.Cache != nil {
		shelf.Cache = cfg.Cache
	}
	return &api{base: cfg.BaseURL, corp: cfg.CorpID, http: cfg.HTTP, shelf: shelf, clock: cfg.Clock, veil: bot.NewVeil(secrets...)}
}

// call posts (or, without a body, gets) with a credential's token and decodes the answer. A token that the platform does
// not take is dropped and the call made once more.
func (k *credential) call(ctx context.Context, path string, query url.Values, body, out any) error {
	raw, err := encode(body)
	if err != nil {
		return err
	}
	return k.callWith(ctx, path, query, raw, jsonKind, out)
}

// jsonKind is what our bodies are.
const jsonKind = "application/json; charset=utf-8"

func (k *credential) callWith(ctx context.Context, path string, query url.Values, raw []byte, kind string, out any) error {
	for try := 0; ; try++ {
		token, err := k.token(ctx)
		if err != nil {
			return err
		}
		q := url.Values{"access_token": {token}}
		maps.Copy(q, query)
		err = k.api.do(ctx, path, k.api.base+path+"?"+q.Encode(), raw, kind, out)
		if code := codeOf(err); try == 1 || code != 40014 && code != 42001 && code != 40001 {
			return err
		}
		k.drop(ctx, token)
	}
}

// encode makes JSON in which links stay readable; nil is no body.
func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("encode a request: %w", err)
	}
	return b.Bytes(), nil
}

// do makes one request. Addresses hold tokens and keys, so errors name the path alone.
func (a *api) do(ctx context.Context, path, address string, raw []byte, kind string, out any) error {
	method := http.MethodGet
	if raw != nil {
		method = http.MethodPost
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ask %s: %w", path, &transitError{err: err})
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("ask %s: bad address", path)
	}
	if raw != nil {
		req.Header.Set("Content-Type", kind)
	}
	res, err := a.http.Do(req)
	if err != nil {
		return a.veil.OverError(fmt.Errorf("ask %s: %w", path, lost(err)))
	}
	defer func() { _ = res.Body.Close() }() // read to its end, nothing is lost
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return a.veil.OverError(fmt.Errorf("ask %s: %w", path, &transitError{err: err, left: true}))
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: %w", path, &transitError{err: fmt.Errorf("HTTP %d", res.StatusCode), left: true})
	}
	return a.read(path, answer, out)
}

// read decodes an answer: status 200 alone says nothing, the code does.
func (a *api) read(path string, answer []byte, out any) error {
	var no struct {
		Code int    `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(answer, &no); err != nil {
		return fmt.Errorf("ask %s: %w", path, &transitError{err: errors.New("the answer is not JSON"), left: true})
	}
	if no.Code != 0 {
		return fmt.Errorf("ask %s: %w", path, &refusedError{Code: no.Code, Msg: a.veil.Over(no.Msg)})
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("ask %s: %w", path, &transitError{err: errors.New("the answer has an unknown form"), left: true})
	}
	return nil
}

// lost takes the address out of a failed request's error, and tells what surely never left from what may have.
func lost(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	var op *net.OpError
	return &transitError{err: err, left: !errors.As(err, &op) || op.Op != "dial"}
}

// codeOf is the platform's code in an error, 0 if there is none.
func codeOf(err error) int {
	if no, ok := errors.AsType[*refusedError](err); ok {
		return no.Code
	}
	return 0
}
