package webchat_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tuanbot/bot"
	"tuanbot/bot/webchat"
)

// chromium starts a headless browser, or skips where there is none and none is required.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("TUANBOT_TEST_CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("TUANBOT_TEST_REQUIRE") != "" {
			t.Fatalf("Chromium is needed: %v", err)
		}
		t.Skip("no Chromium here")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// shot keeps a picture of the page when somebody wants to look (TUANBOT_SHOTS names a folder).
func shot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("TUANBOT_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600))
}

func sampleCard(done int64, progress string) *bot.Card {
	return &bot.Card{
		Deal: "D7K2", Icon: "🍇", Title: "阳光玫瑰 2 斤装", Price: "¥29.90", Was: "单买 ¥49.00", Done: done, Want: 20, Progress: progress,
		Deadline: "⏰ 今晚 8 点截止", Place: "📍 3 号楼大厅 · 周六 10:00-12:00 自提", Recent: "最近：12 小明 +2 · 11 王姐 +1 · 10 Ann +3", Version: done,
	}
}

// counting answers +N like the product does: an echo, and the living card edited in place.
func counting() func(up bot.Update) ([]bot.Reply, error) {
	total := int64(14)
	return func(up bot.Update) ([]bot.Reply, error) {
		word := strings.TrimPrefix(up.Text+up.Action, "join ")
		switch word {
		case "+1", "+2", "1", "2":
			total += int64(word[len(word)-1] - '0')
			return []bot.Reply{
				{Card: sampleCard(total, itoa(total)+"/20 份 · 12 人"), Living: "card:D7K2", Choices: cardChoices()},
				{Text: "✅ " + up.Person.Name + " +" + word[len(word)-1:] + "（跟团号 12）· 共 " + itoa(total) + " 份，还差 " + itoa(20-total) + " 份", Choices: []bot.Choice{{Label: "撤销", Action: "undo 12"}}},
			}, nil
		case "二维码", "qr":
			return []bot.Reply{{Picture: &bot.Picture{QR: "https://tuan.example/d/D7K2", Alt: "阳光玫瑰 2 斤装，短码 D7K2"}, Private: true}}, nil
		}
		return nil, nil
	}
}

func cardChoices() []bot.Choice {
	return []bot.Choice{{Label: "+1", Action: "join 1", Main: true}, {Label: "+2", Action: "join 2"}, {Label: "更多", URL: "/d/D7K2"}, {Label: "二维码", Action: "qr"}}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestPhoneSendsAndSeesTheReplyLive(t *testing.T) {
	t.Parallel()
	ctx := chromium(t)
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.Clock = time.Now })
	w.echo.answer = counting()
	must(t, w.chat.Store.ChangeWebPerson(t.Context(), "wang", "zh", true))
	w.chat.Send(t.Context(), bot.Outgoing{To: bot.Address{Chat: "g1"}, Key: "post", Reply: bot.Reply{Card: sampleCard(14, "14/20 份 · 11 人"), Living: "card:D7K2", Choices: cardChoices()}})
	must(t, chromedp.Do(ctx,
		chromedp.EmulateViewport(390, 844), chromedp.Navigate(w.server.URL+"/as/ming/r/g1"),
		chromedp.WaitVisible("#text"), chromedp.SendKeys("#text", "+2"), chromedp.Click("#say button"),
	))
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector("#log").innerText.includes("共 16 份")`))
	must(t, err)
	value, err := chromedp.Run(ctx, chromedp.Poll[int](`document.querySelector("progress").value === 16 ? 16 : null`))
	must(t, err)
	if value != 16 {
		t.Fatalf("the card shows %d", value)
	}
	cards, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".deal").length`))
	must(t, err)
	if cards != 1 {
		t.Fatalf("%d cards, want the one that was edited in place", cards)
	}
	left, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#text").value + document.querySelector("#trouble").innerText + location.hash`))
	must(t, err)
	if left != "" {
		t.Errorf("after sending the box holds %q", left)
	}
	shot(ctx, t, "phone-room")

	// Somebody else presses a button in another tab; this one sees the card move without a reload.
	b := w.browser()
	if res, text := b.post("/as/wang/r/g1/press", "id", "w1", "do", "join 2", "message", cardID(t, w)); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("press: %d %s", res.StatusCode, text)
	}
	_, err = chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector("progress").value === 18`))
	must(t, err)
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	must(t, err)
	if wide {
		t.Error("the page is wider than the phone")
	}
	look(ctx, t, w)
}

// What stands beside the conversation follows its cards; who reads further up is told of what is new, and is not moved.
func TestReaderFurtherUpKeepsTheirPlace(t *testing.T) {
	t.Parallel()
	ctx := chromium(t)
	w := newWorld(t, sqliteStore(t), func(cfg *webchat.Config) { cfg.Clock = time.Now })
	say := func(key, living string, r bot.Reply) {
		r.Living = living
		w.chat.Send(t.Context(), bot.Outgoing{To: bot.Address{Chat: "g1"}, Key: key, Reply: r})
	}
	for i := range int64(12) {
		say("line"+itoa(i), "", bot.Reply{Text: "第 " + itoa(i) + " 句\n二\n三"})
	}
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1280, 700), chromedp.Navigate(w.server.URL+"/as/ming/r/g1"), chromedp.WaitVisible("#text")))
	poll := func(js string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
			t.Fatalf("%s: %v", js, err)
		}
	}
	poll(`(document.querySelector("#scroller").scrollTop = -600, document.querySelector("#cards").hidden)`)
	say("card1", "card:D7K2", bot.Reply{Card: sampleCard(14, "14/20 份 · 11 人"), Choices: cardChoices()})
	poll(`!document.querySelector("#below").hidden && document.querySelector("#scroller").scrollTop < -80`)
	poll(`document.querySelector("#cards [data-progress]")?.textContent === "14/20 份 · 11 人" && !document.querySelector("#cards").hidden`)
	say("card2", "card:D7K2", bot.Reply{Card: sampleCard(16, "16/20 份 · 12 人"), Choices: cardChoices()})
	poll(`document.querySelector("#cards [data-progress]").textContent === "16/20 份 · 12 人" && document.querySelectorAll("#cards li").length === 1`)
	poll(`(document.querySelector("#below").click(), document.querySelector("#below").hidden && document.querySelector("#scroller").scrollTop === 0)`)
	over := sampleCard(20, "20/20 份 · 15 人")
	over.State = "成团了"
	say("card3", "card:D7K2", bot.Reply{Card: over})
	poll(`document.querySelector("#cards").hidden && document.querySelector("#log .deal [data-state]") !== null`)
	if _, text := w.browser().get("/as/ming/r/g1"); strings.Contains(text, `data-card="m-`) {
		t.Error("a deal that is over stands among the open ones")
	}
}

func cardID(t *testing.T, w *world) string {
	t.Helper()
	list, err := w.chat.Messages(t.Context(), "ming", "g1", 0, 100)
	must(t, err)
	for _, m := range list {
		if m.Reply != nil && m.Reply.Card != nil {
			return m.ID
		}
	}
	t.Fatal("no card")
	return ""
}

// look takes pictures of the other pages for a person to judge; without TUANBOT_SHOTS it only opens them.
func look(ctx context.Context, t *testing.T, w *world) {
	t.Helper()
	for _, page := range []struct {
		name, path    string
		width, height int64
	}{
		{"phone-people", "/people", 390, 844},
		{"phone-rooms", "/as/ming/", 390, 844},
		{"phone-about", "/as/lin/r/g1/about", 390, 844},
		{"phone-me", "/as/ming/me", 390, 844},
		{"phone-320", "/as/wang/r/g1", 320, 600},
		{"phone-private", "/as/ming/r/" + w.chat.PrivateChat("ming"), 390, 844},
		{"desktop-room", "/as/lin/r/g1", 1280, 800},
		{"desktop-rooms", "/as/lin/", 1280, 800},
		{"phone-elder", "/as/wang/r/g1", 390, 844},
		{"phone-elder-rooms", "/as/wang/", 390, 844},
	} {
		must(t, chromedp.Do(ctx, chromedp.EmulateViewport(page.width, page.height), chromedp.Navigate(w.server.URL+page.path), chromedp.WaitVisible("body")))
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
		must(t, err)
		if wide {
			t.Errorf("%s is wider than the screen", page.name)
		}
		shot(ctx, t, page.name)
	}
}
