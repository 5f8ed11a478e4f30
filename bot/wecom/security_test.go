package wecom_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tuanbot/bot"
	"tuanbot/bot/fake"
	fakewc "tuanbot/bot/fake/wecom"
	"tuanbot/bot/wecom"
)

// watched is a client that writes down whom it calls.
type watched struct {
	mu    sync.Mutex
	hosts []string
}

func (c *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.hosts = append(c.hosts, r.URL.Host)
	c.mu.Unlock()
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"errcode":0}`)), Header: http.Header{}, Request: r}, nil
}

// The address of one more answer is called at the platform's own host alone, however it is dressed up.
func TestAddressesOfOthersAreNotCalled(t *testing.T) {
	t.Parallel()
	calls := &watched{}
	w := newWorld(t, func(_ *fakewc.Config, c *wecom.Config) { c.HTTP = &http.Client{Transport: calls} })
	host := strings.TrimPrefix(w.api.URL, "http://")
	for _, address := range []string{
		"http://evil.invalid/x", w.api.URL + ".evil.invalid/x", "http://" + host + "@evil.invalid/x", "http://evil.invalid/?" + host, "http://evil.invalid#" + host,
		"http://me:secret@" + host + "/x", "https://" + host + "/x", "http://127.0.0.1:1/x", "//" + host + "/x", "file:///etc/passwd", "http://[::1]/x", " " + w.api.URL + "/x",
		w.api.URL + "/" + strings.Repeat("x", 1100),
	} {
		raw, err := json.Marshal(address)
		w.good(err)
		said := strings.Replace(botBody, `"msgid":"CAIQ1"`, `"msgid":"CAIQ9","response_url":`+string(raw), 1)
		if code, _ := w.post("/bot", said, nil); code != 200 {
			t.Fatalf("%q: %d", address, code)
		}
		if out := w.push("b:wr1", "e", bot.Reply{Text: "成团了"}); out.Sent != bot.SentRefused || out.Reason != "no_robot" {
			t.Errorf("%q was kept: %+v", address, out)
		}
	}
	for _, h := range calls.hosts {
		if h != host {
			t.Errorf("%q was called", h)
		}
	}
	if code, _ := w.post("/bot", strings.Replace(botBody, `"msgid":"CAIQ1"`, `"msgid":"CAIQ8","response_url":"`+w.api.URL+`/y"`, 1), nil); code != 200 {
		t.Fatal(code)
	}
	if out := w.push("b:wr1", "f", bot.Reply{Text: "成团了"}); out.Sent != bot.SentOK {
		t.Errorf("the platform's own: %+v", out)
	}
}

// A callback is good for ten minutes either way, at every door, also to verify an address.
func TestAgeOfSignatures(t *testing.T) {
	t.Parallel()
	for _, door := range []string{"", "/kf", "/bot"} {
		w := newWorld(t)
		body := w.textBody()
		if door == "/bot" {
			body = botBody
		}
		q, sealed, err := w.town.Callback(door, body)
		w.good(err)
		began := w.clock.Now()
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{9*time.Minute + 59*time.Second, 200}, {10 * time.Minute, 403}, {-10 * time.Minute, 403}, {-9*time.Minute - 59*time.Second, 200}, {365 * 24 * time.Hour, 403}} {
			w.clock.forward(began.Add(c.after).Sub(w.clock.Now()))
			if code, _ := w.request(http.MethodPost, door, q, sealed); code != c.want {
				t.Errorf("%q after %s: %d, want %d", door, c.after, code, c.want)
			}
			echo := url.Values{"msg_signature": q["msg_signature"], "timestamp": q["timestamp"], "nonce": q["nonce"], "echostr": {textIn(door, sealed)}}
			if code, _ := w.request(http.MethodGet, door, echo, nil); code != c.want {
				t.Errorf("%q verified after %s: %d, want %d", door, c.after, code, c.want)
			}
		}
	}
}

// textIn is the sealed text of a callback.
func textIn(door string, sealed []byte) string {
	from, to := "<Encrypt><![CDATA[", "]]></Encrypt>"
	if door == "/bot" {
		from, to = `"encrypt":"`, `"`
	}
	_, rest, _ := strings.Cut(string(sealed), from)
	text, _, _ := strings.Cut(rest, to)
	return text
}

// What is sealed with our key for another receiver is not for us: the company's id at the app, nothing at the AI bot.
func TestSealsForOtherReceivers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for door, c := range map[string]struct {
		seal wecom.Seal
		ours string
		body string
	}{"": {seal('1'), corp, w.textBody()}, "/kf": {seal('2'), corp, w.textBody()}, "/bot": {seal('3'), "", botBody}} {
		for _, receiver := range []string{corp, "", "wwOther", corp + "x"} {
			mark := make([]byte, 16)
			_, err := rand.Read(mark)
			w.good(err)
			text, err := fake.Seal(c.seal.AESKey, receiver, mark, []byte(c.body))
			w.good(err)
			q := url.Values{"timestamp": {strconv.FormatInt(w.clock.Now().Unix(), 10)}, "nonce": {"n"}}
			q.Set("msg_signature", fake.Sign(c.seal.Token, q.Get("timestamp"), "n", text))
			sealed := "<xml><Encrypt><![CDATA[" + text + "]]></Encrypt></xml>"
			if door == "/bot" {
				sealed = `{"encrypt":"` + text + `"}`
			}
			w.forgetHeard()
			code, _ := w.request(http.MethodPost, door, q, []byte(sealed))
			if good := receiver == c.ours; good != (code == 200) || !good && (code != 403 || len(w.updates()) > 0) {
				t.Errorf("%q, sealed for %q: %d", door, receiver, code)
			}
		}
	}
}

// An address is used for one answer, also by two copies at once.
func TestAnAddressIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.speak(member, w.group, "@团购助手 +2")
	copies := []*wecom.Channel{w.ch, w.open(), w.open(), w.open()}
	var group sync.WaitGroup
	var mu sync.Mutex
	sent := 0
	for i, ch := range copies {
		group.Go(func() {
			out := ch.Send(context.WithoutCancel(t.Context()), bot.Outgoing{To: bot.Address{Chat: "b:" + w.group}, Reply: bot.Reply{Text: "成团了"}, Key: string(rune('a' + i))})
			mu.Lock()
			defer mu.Unlock()
			if out.Sent == bot.SentOK {
				sent++
			}
		})
	}
	group.Wait()
	if sent != 1 {
		t.Errorf("%d answers at one address", sent)
	}
	w.noFaults()
}
