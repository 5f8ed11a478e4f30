package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tuanbot/configs"
	"tuanbot/domain"
)

// town is the real program on an empty disk, and a browser in front of it.
type town struct {
	t   *testing.T
	app *App
	url string
	ctx context.Context
	n   int
}

func startTown(t *testing.T) *town {
	t.Helper()
	s, err := configs.Load(configs.Sources{Overrides: map[string]string{"listen": "127.0.0.1:0", "metrics_listen": "", "data_dir": t.TempDir()}})
	must(t, err)
	app, err := Build(t.Context(), s, slog.New(slog.DiscardHandler))
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return &town{t: t, app: app, url: app.baseURL(), ctx: chromium(t)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

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
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	return ctx
}

// tab is one person's window.
type tab struct {
	w   *town
	ctx context.Context
	who string
}

// person opens a window as somebody, on a phone or on a desk.
func (w *town) person(who, path string, width, height int64) *tab {
	w.t.Helper()
	ctx, cancel := chromedp.NewContext(w.ctx, chromedp.WithNewBrowserContext()) // a browser of one's own
	w.t.Cleanup(cancel)
	p := &tab{w: w, ctx: ctx, who: who}
	must(w.t, chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(w.url+"/as/"+who+path)))
	return p
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.w.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.w.t.Fatalf("%s: %v", p.who, err)
	}
}

// say types into the box and sends.
func (p *tab) say(text string) {
	p.w.t.Helper()
	p.do(chromedp.WaitVisible("#text"), chromedp.SendKeys("#text", text), chromedp.Click("#say button.main"))
}

// sees waits until the page shows a text.
func (p *tab) sees(text string) {
	p.w.t.Helper()
	p.seesWithin(text, patient)
}

func (p *tab) seesWithin(text string, d time.Duration) {
	p.w.t.Helper()
	p.within(d, fmt.Sprintf("document.body.innerText.includes(%q)", text), "saw "+text)
}

// presses clicks the last button or link with a label.
func (p *tab) presses(label string) {
	p.w.t.Helper()
	p.until(fmt.Sprintf(`(() => { const all = [...document.querySelectorAll("button, a")].filter(e => e.innerText.trim() === %q && e.offsetParent);
		const last = all.pop(); if (!last) return false; last.click(); return true })()`, label), "found the button "+label)
}

// follows goes where the last link with a label leads.
func (p *tab) follows(label string) {
	p.w.t.Helper()
	p.until(fmt.Sprintf(`(() => { const last = [...document.querySelectorAll("a.btn")].filter(e => e.innerText.trim() === %q).pop();
		if (!last) return false; last.click(); return true })()`, label), "found the link "+label)
}

// patient is how long a window is looked at before we give up.
const patient = time.Minute

func (p *tab) until(js, what string) {
	p.w.t.Helper()
	p.within(patient, js, what)
}

// within waits for a condition; a page that is just being left is asked again.
func (p *tab) within(d time.Duration, js, what string) {
	p.w.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, d)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js))
		if err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			p.shot("lost")
			body, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText")) // only for the report
			p.w.t.Fatalf("%s never %s: %v\n%s", p.who, what, err, body)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *tab) opens(path string) {
	p.w.t.Helper()
	p.do(chromedp.Navigate(p.w.url + path))
}

// read gives the first match of a pattern on the page.
func (p *tab) read(pattern string) string {
	p.w.t.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](fmt.Sprintf("(document.body.innerText.match(%s) || [''])[0]", pattern)))
	must(p.w.t, err)
	return got
}

// fits checks that nothing hangs over the edge of the window.
func (p *tab) fits() {
	p.w.t.Helper()
	wide, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	must(p.w.t, err)
	if wide {
		p.shot("wide")
		p.w.t.Errorf("%s: the page is wider than the window", p.who)
	}
}

// shot keeps a picture when somebody wants to look (TUANBOT_SHOTS names a folder).
func (p *tab) shot(name string) {
	p.w.t.Helper()
	dir := os.Getenv("TUANBOT_SHOTS")
	if dir == "" {
		return
	}
	p.w.n++
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	must(p.w.t, err)
	must(p.w.t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d-%s-%s.png", p.w.n, p.who, name)), png, 0o600))
}

const group = "/r/sunshine"

// TestANeighbourhoodBuysTogether is the whole life of two deals in real windows: one forms, is paid and handed out; one
// fails, and its money comes back with the offer of another deal.
func TestANeighbourhoodBuysTogether(t *testing.T) {
	t.Parallel()
	w := startTown(t)
	leader := w.person("lijie", group, 1280, 800)
	leader.sees("阳光玫瑰") // the sample deal
	deadline := w.nextMinute()
	leader.say("开团 樱桃 5斤装 19.9元 单买30 3份成团 " + deadline.Format("1月2日15:04") + "截止 3号楼大厅自提 周六10:00-12:00")
	leader.sees("可以吗")
	leader.shot("preview")
	leader.presses("发布")
	leader.sees("开团了")
	code := strings.TrimPrefix(leader.read("/团号 [A-Z2-9]{5}/"), "团号 ")
	if code == "" {
		t.Fatal("no code")
	}

	ming := w.person("xiaoming", group, 390, 844)
	ming.sees("樱桃")
	ming.say("樱桃 +1")
	ming.sees("还差 2 份")
	ming.shot("joined-by-words")
	ming.fits()

	wang := w.person("wangjie", group, 390, 844)
	wang.sees("樱桃")
	wang.presses("+1")
	wang.sees("还差 1 份")
	leader.sees("2/3 份") // the card counts up live, without a reload
	leader.shot("card-counts-up")

	ann := w.person("ann", "/?open=deal-"+code, 390, 844) // what the QR code holds
	ann.sees("樱桃")
	ann.shot("opened-by-qr")
	ann.presses("+1")
	ann.sees("Got it")
	ann.shot("joined-by-qr")
	leader.sees("已够 3 份")

	leader.seesWithin("成团了！3 人 3 份", time.Until(deadline)+patient) // nobody closes it: its time comes
	if early := time.Until(deadline); early > 0 {
		t.Errorf("it formed %s before its deadline", early)
	}
	leader.shot("formed")

	for _, p := range []*tab{ming, wang, ann} {
		w.settles(p)
	}

	merchant := w.person("laochen", w.private("laochen"), 390, 844)
	merchant.sees("樱桃 3 份")
	merchant.shot("summary")
	merchant.presses("收到")
	merchant.sees("谢谢，已告诉团长")
	merchant.fits()

	leader.say("到货 " + code)
	leader.sees("正在通知大家来取货")
	for _, p := range []*tab{ming, wang, ann} {
		w.collects(leader, p)
	}
	leader.opens("/as/lijie" + w.private("lijie"))
	leader.sees("都取完了")
	leader.shot("completed")
}

// TestAFailedDealGivesTheMoneyBack pays on joining, misses its goal, and offers what else is open.
func TestAFailedDealGivesTheMoneyBack(t *testing.T) {
	t.Parallel()
	w := startTown(t)
	leader := w.person("lijie", group, 1280, 800)
	leader.say("开团 土豆 5斤装 12.5元 10份成团 先付款 明天晚上8点截止 3号楼大厅自提")
	leader.sees("可以吗")
	leader.presses("发布")
	leader.sees("开团了")
	code := strings.TrimPrefix(leader.read("/团号 [A-Z2-9]{5}/"), "团号 ")
	ming := w.person("xiaoming", "/?open=deal-"+code, 390, 844)
	ming.sees("土豆")
	ming.presses("+2")
	ming.sees("付了才算数")
	ming.presses("去付款")
	ming.follows("付 ¥25.00")
	ming.presses("付 ¥25.00")
	ming.sees("付好了")
	ming.opens("/as/xiaoming" + w.private("xiaoming"))
	ming.sees("收到付款")
	leader.say("截团 " + code)
	leader.sees("没成团")
	leader.shot("failed")
	ming.sees("你付的 ¥25.00 正在原路退回")
	ming.sees("阳光玫瑰 ¥29.90") // another deal to join
	ming.sees("退款到账 ¥25.00")
	ming.shot("refunded")
	ming.fits()
}

// nextMinute is a deadline that people can write, as near as a campaign may end.
func (w *town) nextMinute() time.Time {
	w.t.Helper()
	zone, err := time.LoadLocation(w.app.community.Zone)
	must(w.t, err)
	return time.Now().In(zone).Add(domain.MinCampaign + 40*time.Second).Truncate(time.Minute).Add(time.Minute)
}

// private is the address of a person's private talk.
func (w *town) private(who string) string { return "/r/" + w.app.web.PrivateChat(who) }

// settles pays what a person owes through the sandbox's cashier.
func (w *town) settles(p *tab) {
	w.t.Helper()
	go1, pay, done, told := "去付款", "付 ¥19.90", "付好了", "收到付款"
	if p.who == "ann" {
		go1, pay, done, told = "Pay", "Pay ¥19.90", "Paid", "¥19.90 received"
	}
	p.opens("/as/" + p.who + w.private(p.who))
	p.presses(go1)
	p.follows(pay)
	p.until(`document.querySelector(".cashier") !== null`, "came to the cashier")
	p.shot("cashier")
	p.fits()
	p.presses(pay)
	p.sees(done)
	p.opens("/as/" + p.who + w.private(p.who))
	p.sees(told)
	p.shot("paid")
}

// collects reads the pickup code on a person's window and hands their order out by it.
func (w *town) collects(leader, p *tab) {
	w.t.Helper()
	p.opens("/as/" + p.who + w.private(p.who))
	p.sees("📦")
	p.shot("arrived")
	p.fits()
	code := p.read("/[A-Z2-9]{4}-[A-Z2-9]{4}/")
	if code == "" {
		p.w.t.Fatalf("%s has no pickup code", p.who)
	}
	leader.say("核销 " + code)
	leader.sees("取走 1 份，全部取完")
}
