package web_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"tuanbot/assets"
	"tuanbot/domain"
	"tuanbot/domain/money"
)

// paid joins and pays in one go.
func (b *block) paid(s domain.DealSheet, who domain.Account, qty int64) domain.OrderRecord {
	b.T.Helper()
	o := b.Join(s, who, qty)
	number, _ := b.StartPayment(o)
	b.pay(number)
	return b.Order(o.ID)
}

func (b *block) pay(number string) {
	b.T.Helper()
	b.Must(b.gate.Pay(b.T.Context(), number))
	told, err := b.gate.Query(b.T.Context(), domain.PaymentNumber(number))
	b.Must(err)
	_, err = b.Desk.PaymentTold(b.T.Context(), "sandbox", told)
	b.Must(err)
}

// summed is a formed and paid deal with its summary.
func (b *block) summed() (domain.DealSheet, domain.SummaryRecord) {
	b.T.Helper()
	s := b.Post(func(c *domain.PostCommand) {
		c.Terms.Cap, c.Terms.CapUnit = 4, domain.UnitShares
		c.Items[0].Supply = money.Yuan(2500)
	})
	b.paid(s, b.neighbour("小明"), 2)
	b.paid(s, b.neighbour("王姐"), 2)
	b.Work()
	all, err := b.Desk.SummariesOf(b.T.Context(), s.Deal.ID)
	b.Must(err)
	if len(all) != 1 {
		b.T.Fatalf("%d summaries", len(all))
	}
	return s, all[0]
}

func TestDealPage(t *testing.T) {
	t.Parallel()
	b := open(t)
	pt, err := b.Desk.AddPoint(t.Context(), "home", "3 号楼大厅", "周六 10:00-12:00")
	b.Must(err)
	s := b.Post(func(c *domain.PostCommand) {
		c.Terms.Pay, c.Terms.Threshold, c.Terms.Point = domain.PayAfterFormed, 20, pt.ID
		c.Items[0].Stock = 20
	})
	page := b.get("/d/"+s.Deal.Code, "")
	b.shows(page, 200, "阳光玫瑰葡萄", "¥29.90", "¥49.00", "0/20 份", "今晚 8 点截止", "3 号楼大厅 · 周六 10:00-12:00", "还没人跟团", "团长：李姐", s.Deal.Code, "我要跟团")
	b.Join(s, b.neighbour("小明"), 2)
	b.Join(s, b.neighbour("王姐"), 1)
	page = b.get("/d/"+strings.ToLower(s.Deal.Code), "")
	b.shows(page, 200, "3/20 份 · 2 人", "还差 17 份", "1 小明 阳光玫瑰 2 份", "2 王姐 阳光玫瑰 1 份", "还有 17 份")
	for _, want := range []string{
		`href="/?open=deal-` + s.Deal.Code + `"`, `<meta property="og:url" content="http://tuan.test/d/` + s.Deal.Code + `">`, `src="/qr/` + s.Deal.Code + `.png"`,
		`data-until="` + itoa(s.Deal.Terms.DeadlineAt.UnixMilli()) + `"`, `data-now="` + itoa(b.Clock.Now().UnixMilli()) + `"`,
	} {
		if !strings.Contains(page.text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	inside := b.call(http.MethodGet, "/d/"+s.Deal.Code, "", nil, "User-Agent", "Mozilla SomeApp/8.0")
	if policy := inside.header.Get("Content-Security-Policy"); !strings.Contains(inside.text, `<script src="/hook/some/share.js" defer>`) || !strings.Contains(policy, "script-src 'self' https://some.example;") {
		t.Errorf("inside a platform's browser: %s", policy)
	}
	acting := b.get("/d/"+s.Deal.Code+"?as=lin", "小明") // a tab that acts as somebody stays with them
	for _, want := range []string{`href="/as/lin/?open=deal-` + s.Deal.Code + `"`, `data-live="/d/` + s.Deal.Code + `/live?as=lin"`} {
		if !strings.Contains(acting.text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	live := b.get("/d/"+s.Deal.Code+"/live", "")
	b.shows(live, 200, "3/20 份 · 2 人", "1 小明")
	if strings.Contains(live.text, "<html") {
		t.Error("the live part is a whole page")
	}
	b.Clock.Forward(11 * time.Hour)
	b.Work()
	over := b.get("/d/"+s.Deal.Code, "")
	b.shows(over, 200, "没成团", "看别的团")
	for _, bad := range []string{"来当第一个", "转给邻居", "/console/deals/"} {
		if strings.Contains(over.text, bad) {
			t.Errorf("a deal that is over still says %q", bad)
		}
	}
	for _, page := range []string{"/d/" + s.Deal.Code, "/console/deals/" + s.Deal.Code} {
		if a := b.get(page, "李姐"); a.status != 200 || !strings.Contains(a.text, "/console") {
			t.Errorf("%s leads its leader nowhere: %d", page, a.status)
		}
	}
}

func itoa(n int64) string {
	out, err := json.Marshal(n)
	if err != nil {
		return ""
	}
	return string(out)
}

func TestTeamPage(t *testing.T) {
	t.Parallel()
	b := open(t)
	s := b.Post(func(c *domain.PostCommand) {
		c.Terms.Kind, c.Terms.Pay, c.Terms.ThresholdUnit, c.Terms.TeamTTL = domain.KindTeam, domain.PayAfterFormed, domain.UnitPeople, 2*time.Hour
	})
	ming := b.neighbour("小明")
	b.shows(b.get("/d/"+s.Deal.Code, ""), 200, "还没有人开团")
	a, err := b.Desk.Join(t.Context(), domain.JoinCommand{
		Ask: b.Ask(ming), Deal: s.Deal.ID, Shopper: ming.ID, Open: true, Via: domain.ViaText, Wants: []domain.Want{{Item: s.Items[0].ID, Qty: 1}},
	})
	b.Must(err)
	team, err := b.Desk.Team(t.Context(), a.Team)
	b.Must(err)
	b.shows(b.get("/t/"+team.Token, ""), 200, "1 号团", "小明 带头", "1/3 人", "还差 2 人", "加入这个团", "1 小明")
	b.shows(b.get("/t/"+team.Token+"/live", ""), 200, "1/3 人")
	page := b.get("/d/"+s.Deal.Code, "")
	b.shows(page, 200, "1 号团 · 小明", "加入这个团")
	if !strings.Contains(page.text, `/?open=team-`+team.Token) {
		t.Error("no button leads into the team")
	}
}

func TestOrderPageForThePeopleConcerned(t *testing.T) {
	t.Parallel()
	b := open(t)
	s := b.Post(func(c *domain.PostCommand) { c.Terms.Cap, c.Terms.CapUnit = 3, domain.UnitShares })
	b.neighbour("王姐")
	o := b.Join(s, b.neighbour("小明"), 3)
	b.shows(b.get("/o/"+o.Token, "小明"), 200, "跟团号 1", "¥29.90 × 3 份", "合计 ¥89.70", "待付 ¥89.70", "今天上午 10:15 前付款", "付款 ¥89.70")
	number, _ := b.StartPayment(o)
	b.pay(number)
	b.Work()
	b.shows(b.get("/o/"+o.Token, "小明"), 200, "已付 ¥89.70", "这一单的全款")
	_, err := b.Desk.Arrive(t.Context(), domain.ArriveCommand{Ask: b.Ask(b.Leader), Deal: s.Deal.ID})
	b.Must(err)
	b.Work()
	o = b.Order(o.ID)
	code := o.PickupCode[:4] + "-" + o.PickupCode[4:]
	for _, who := range []string{"小明", "李姐"} {
		b.shows(b.get("/o/"+o.Token, who), 200, "取货码", code)
	}
	stranger := b.get("/o/"+o.Token, "")
	b.shows(stranger, 200, "跟团号 1", "取货码只给本人看")
	if strings.Contains(stranger.text, code) || strings.Contains(stranger.text, o.PickupCode) {
		t.Error("a stranger reads the pickup code")
	}
	other := b.get("/o/"+o.Token, "王姐")
	b.shows(other, 404)
	if strings.Contains(other.text, "阳光玫瑰") {
		t.Error("somebody else reads the order")
	}
}

func TestPayFromTheOrderPage(t *testing.T) {
	t.Parallel()
	b := open(t)
	s := b.Post(func(*domain.PostCommand) {})
	o := b.Join(s, b.neighbour("小明"), 2)
	b.neighbour("王姐")
	b.shows(b.post("/o/"+o.Token+"/pay", "", "id", "1"), 403)
	b.shows(b.post("/o/"+o.Token+"/pay", "王姐", "id", "1"), 404)
	first, again := b.post("/o/"+o.Token+"/pay", "小明", "id", "1"), b.post("/o/"+o.Token+"/pay", "小明", "id", "1")
	to := first.header.Get("Location")
	if first.status != http.StatusSeeOther || to != again.header.Get("Location") || !strings.HasPrefix(to, "http://tuan.test/pay/sandbox/") {
		t.Fatalf("%d to %q, then %q", first.status, to, again.header.Get("Location"))
	}
	u, err := url.Parse(to)
	b.Must(err)
	b.shows(b.get(u.RequestURI(), ""), 200, "沙盒", "不是真钱", "¥59.80", "先不付")
	b.shows(b.get(u.Path, ""), 404)
	b.shows(b.get(u.Path+"?k=wrong", ""), 404)
	b.shows(b.post(u.Path+"?k=wrong", "", "do", "pay"), 404)
	b.shows(b.post(u.RequestURI(), "", "do", "steal"), 400)
	declined := b.post(u.RequestURI(), "", "do", "decline")
	b.shows(b.get(declined.header.Get("Location"), ""), 200, "没有付款")
	paid := b.post(u.RequestURI(), "", "do", "pay")
	if paid.status != http.StatusSeeOther {
		t.Fatalf("paying: %d", paid.status)
	}
	b.post(u.RequestURI(), "", "do", "pay")
	b.shows(b.get(u.RequestURI(), ""), 200, "付好了", "看我的订单")
	if got := b.Order(o.ID); got.Paid.IsPositive() {
		t.Error("the page itself moved money into our books")
	}
	if told, err := b.gate.Query(t.Context(), domain.PaymentNumber(strings.TrimPrefix(u.Path, "/pay/sandbox/"))); err != nil || told.State != domain.PaymentPaid {
		t.Errorf("the gateway says %+v, %v", told, err)
	}
}

func TestCashierAfterTheEnd(t *testing.T) {
	t.Parallel()
	b := open(t)
	o := b.Join(b.Post(func(*domain.PostCommand) {}), b.neighbour("小明"), 1)
	number, address := b.StartPayment(o)
	u, err := url.Parse(address)
	b.Must(err)
	b.Clock.Forward(16 * time.Minute)
	b.shows(b.get(u.RequestURI(), ""), 200, "付款时间过了")
	if a := b.post(u.RequestURI(), "", "do", "pay"); a.status != http.StatusSeeOther {
		t.Errorf("paying late: %d", a.status)
	}
	if told, err := b.gate.Query(t.Context(), domain.PaymentNumber(number)); err != nil || told.State != domain.PaymentPending {
		t.Errorf("the gateway took late money: %+v %v", told, err)
	}
}

func TestMerchantSheet(t *testing.T) {
	t.Parallel()
	b := open(t)
	s, sum := b.summed()
	page := b.get("/m/"+sum.Token, "")
	b.shows(page, 200, "订单汇总 · 第 1 版", "4 份", "2 人", "应收", "¥100.00", "收到", "有问题")
	if strings.Contains(page.text, "小明") || strings.Contains(page.text, "王姐") {
		t.Error("a merchant reads names")
	}
	b.shows(b.post("/m/"+sum.Token, "", "id", "1", "answer", "maybe"), 400)
	b.shows(b.post("/m/"+sum.Token, "", "id", "1", "answer", "problem", "problem", "  "), 400)
	got := b.post("/m/"+sum.Token, "", "id", "1", "answer", "got")
	b.post("/m/"+sum.Token, "", "id", "1", "answer", "got")
	b.shows(b.get(got.header.Get("Location"), ""), 200, "已告诉团长", "✅ 今天上午 10 点已收到")
	b.post("/m/"+sum.Token, "", "id", "2", "answer", "problem", "problem", "只能备 3 份\u202e<b>")
	b.shows(b.get("/m/"+sum.Token, ""), 200, "你说的问题： 只能备 3 份＜b＞")
	b.shows(b.get("/console/deals/"+s.Deal.Code, "李姐"), 200, "有问题", "只能备 3 份")
	if a := b.post("/console/deals/"+s.Deal.Code+"/revoke", "李姐", "id", "9", "number", "1"); a.status != http.StatusSeeOther {
		t.Fatalf("revoke: %d %s", a.status, plain(a.text))
	}
	b.shows(b.get("/m/"+sum.Token, ""), 410, "已经作废")
	b.shows(b.post("/m/"+sum.Token, "", "id", "3", "answer", "got"), 410)
	b.shows(b.get("/m/none", ""), 404)
}

func TestQRLeadsToOurOwnAddress(t *testing.T) {
	t.Parallel()
	b := open(t)
	s := b.Post(func(*domain.PostCommand) {})
	a := b.call(http.MethodGet, "/qr/"+s.Deal.Code+".png", "", nil, "X-Forwarded-Host", "evil.test", "Host", "evil.test")
	if a.status != 200 || a.header.Get("Content-Type") != "image/png" {
		t.Fatalf("%d %s", a.status, a.header.Get("Content-Type"))
	}
	img, err := png.Decode(bytes.NewReader([]byte(a.text)))
	b.Must(err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	b.Must(err)
	code, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	b.Must(err)
	if code.GetText() != "http://tuan.test/d/"+s.Deal.Code {
		t.Errorf("the code says %q", code.GetText())
	}
	b.shows(b.get("/qr/XXXXX.png", ""), 404)
	b.shows(b.get("/qr/"+s.Deal.Code, ""), 404)
}

func TestEnglishIsWhole(t *testing.T) {
	t.Parallel()
	b := open(t)
	s, sum := b.summed()
	han := regexp.MustCompile(`\p{Han}+`)
	ours := strings.NewReplacer("阳光玫瑰葡萄", "", "阳光玫瑰", "", "斤装", "", "份", "", "小明", "", "王姐", "", "李姐", "", "中文", "", "聊天", "")
	for _, path := range []string{"/d/" + s.Deal.Code, "/m/" + sum.Token, "/console", "/nowhere", "/console/deals/" + s.Deal.Code} {
		req := b.call(http.MethodGet, path, "", nil, "Accept-Language", "en-GB,en;q=0.9", "Cookie", "who="+url.QueryEscape("李姐")+"; tuanbot_look=en-plain")
		if left := han.FindAllString(ours.Replace(plain(req.text)), -1); len(left) > 0 {
			t.Errorf("%s still says %q", path, left)
		}
		if !strings.Contains(req.text, `<html lang="en"`) {
			t.Errorf("%s is not marked as English", path)
		}
	}
}

func TestWordsAreInBothLanguages(t *testing.T) {
	t.Parallel()
	zh, en := assets.Keys("zh"), assets.Keys("en")
	verbs := regexp.MustCompile(`%[a-z]`)
	for key, text := range zh {
		if !strings.HasPrefix(key, "web.") {
			continue
		}
		if strings.Join(verbs.FindAllString(text, -1), "") != strings.Join(verbs.FindAllString(en[key], -1), "") || en[key] == "" {
			t.Errorf("%s: %q and %q", key, text, en[key])
		}
		if strings.ContainsAny(text, ",!?") || strings.Contains(text, "成功") {
			t.Errorf("%s: %q is not how we speak", key, text)
		}
	}
}

func TestLookIsKeptAndLeadsBackHereOnly(t *testing.T) {
	t.Parallel()
	b := open(t)
	a := b.post("/look", "", "elder", "1", "back", "/d/X?as=lin")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/d/X?as=lin" || !strings.Contains(a.header.Get("Set-Cookie"), "tuanbot_look=zh-elder") {
		t.Errorf("%d %v", a.status, a.header)
	}
	for _, evil := range []string{"https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "\r\nX: y", "", "http:/x"} {
		if to := b.post("/look", "", "lang", "en", "back", evil).header.Get("Location"); to != "/" {
			t.Errorf("%q leads to %q", evil, to)
		}
	}
}

// What orders are noted with stands on the merchant's sheet by number, for the leader and its owner, and not for strangers.
func TestNotesOnPages(t *testing.T) {
	t.Parallel()
	b := open(t)
	s := b.Post(func(c *domain.PostCommand) { c.Terms.Cap, c.Terms.CapUnit = 4, domain.UnitShares })
	ming := b.neighbour("小明")
	a, err := b.Desk.Join(t.Context(), domain.JoinCommand{
		Ask: b.Ask(ming), Deal: s.Deal.ID, Shopper: ming.ID, Via: domain.ViaText, Wants: []domain.Want{{Item: s.Items[0].ID, Qty: 1}}, Note: "要熟一点的<b>",
	})
	b.Must(err)
	b.Join(s, b.neighbour("王姐"), 3)
	b.Work()
	b.shows(b.get("/console/deals/"+s.Deal.Code, "李姐"), 200, "备注：要熟一点的＜b＞")
	for _, o := range b.orders(s) {
		number, _ := b.StartPayment(o)
		b.pay(number)
	}
	b.Work()
	all, err := b.Desk.SummariesOf(t.Context(), s.Deal.ID)
	b.Must(err)
	b.shows(b.get("/m/"+all[0].Token, ""), 200, "备注", "要熟一点的＜b＞")
	page := "/o/" + b.Order(a.Order).Token
	b.shows(b.get(page, "小明"), 200, "备注：要熟一点的＜b＞")
	if stranger := b.get(page, ""); strings.Contains(stranger.text, "要熟") {
		t.Error("a stranger with the link reads the note")
	}
	b.Must(b.DB.InTx(t.Context(), func(tx domain.Tx) error { return tx.EraseAccount(t.Context(), ming.ID) }))
	if sheet := b.get("/m/"+all[0].Token, ""); sheet.status != 200 || strings.Contains(sheet.text, "要熟") {
		t.Errorf("the note of somebody erased: %d", sheet.status)
	}
}

func (b *block) orders(s domain.DealSheet) []domain.OrderRecord {
	b.T.Helper()
	all, err := b.Desk.OrdersOfDeal(b.T.Context(), s.Deal.ID, domain.OrderFilter{})
	b.Must(err)
	return all
}
