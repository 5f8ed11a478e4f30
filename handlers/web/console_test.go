package web_test

import (
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tuanbot/domain"
	"tuanbot/domain/money"
)

func TestOperatorLinkBurnsOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.Must(b.links.Add(t.Context(), "secret"))
	b.shows(b.get("/operator/wrong", ""), 404)
	for range 3 { // looking does not burn it
		b.shows(b.get("/operator/secret", ""), 200, "成为管理员", "大家怎么称呼你")
	}
	b.shows(b.post("/operator/secret", "", "name", "   "), 422, "这个名字用不了")
	names := []string{"甲", "乙", "丙", "丁", "戊"}
	for _, n := range names {
		b.neighbour(n)
	}
	var good atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if a := b.post("/operator/secret", names[i%len(names)]); a.status == http.StatusSeeOther {
				good.Add(1)
			}
		})
	}
	wg.Wait()
	roles, err := b.Desk.RolesIn(t.Context(), "home")
	b.Must(err)
	n := 0
	for _, r := range roles {
		if r.Name == domain.RoleOperator {
			n++
		}
	}
	if good.Load() != 1 || n != 1 {
		t.Errorf("the link worked %d times and made %d operators", good.Load(), n)
	}
	b.shows(b.get("/operator/secret", ""), 404)
	b.Must(b.links.Add(t.Context(), "second"))
	if a := b.post("/operator/second", "", "name", "站长"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/console" {
		t.Errorf("a newcomer: %d %s", a.status, a.header.Get("Location"))
	}
	b.shows(b.get("/console", "站长"), 200, "没送到的消息", "卡住的退款", "找不到订单的钱")
}

func TestConsoleWork(t *testing.T) {
	t.Parallel()
	b := open(t)
	boss := b.neighbour("站长")
	b.Grant(boss, domain.RoleOperator, "")
	ctx := t.Context()
	_, err := b.Desk.PaymentTold(ctx, "sandbox", domain.GatewayPayment{Number: "NOBODY", State: domain.PaymentPaid, Transaction: "SBX1", Amount: money.Yuan(880), PaidAt: b.Clock.Now()})
	b.Must(err)
	b.shows(b.get("/console", "站长"), 200, "¥8.80", "NOBODY")
	b.shows(b.post("/console/orphans", "站长", "transaction", "SBX1", "note", " "), 400)
	b.shows(b.post("/console/orphans", "站长", "transaction", "none", "note", "x"), 404)
	b.post("/console/orphans", "站长", "transaction", "SBX1", "note", "退回本人")
	b.shows(b.get("/console?done=orphan", "站长"), 200, "记下了", "每笔钱都对得上")
	// A letter that nobody could deliver.
	b.Post(func(*domain.PostCommand) {})
	ds, err := b.DB.ClaimDeliveries(ctx, "t", time.Minute, 10)
	b.Must(err)
	for i := range ds {
		ds[i].State, ds[i].LastReason, ds[i].DoneAt = domain.DeliveryDead, "chat is gone", b.Clock.Now()
	}
	b.Must(b.DB.SettleDeliveries(ctx, ds))
	page := b.get("/console", "站长")
	b.shows(page, 200, "chat is gone", "阳光花园 3 号楼", "重发选中的")
	ids := regexp.MustCompile(`name="letter" value="(\d+)"`).FindAllStringSubmatch(page.text, -1)
	if len(ids) == 0 {
		t.Fatal("no letter to resend")
	}
	b.shows(b.post("/console/letters", "站长"), 400)
	b.shows(b.post("/console/letters", "站长", "letter", "x; DROP TABLE"), 400)
	for _, m := range ids {
		b.post("/console/letters", "站长", "letter", m[1])
	}
	b.shows(b.get("/console?done=letters", "站长"), 200, "已经排队重发", "都送到了")
	if dead, err := b.DB.DeliveriesIn(ctx, domain.DeliveryDead, 10); err != nil || len(dead) != 0 {
		t.Errorf("%d letters are dead still, %v", len(dead), err)
	}
}

func TestRolesWorkAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	boss, wang := b.neighbour("站长"), b.neighbour("王姐")
	b.Grant(boss, domain.RoleOperator, "")
	b.shows(b.get("/console", "王姐"), 403)
	give := []string{"home", "home", "role", "leader", "scope", string(b.Chat.ID), "do", "give"}
	b.shows(b.post("/console/roles", "站长", append([]string{"account", "nobody"}, give...)...), 400, "没找到这个人")
	b.shows(b.post("/console/roles", "站长", "account", string(wang.ID), "home", "home", "role", "verifier", "scope", ""), 400, "请选好范围")
	b.shows(b.post("/console/roles", "站长", "account", string(wang.ID), "home", "home", "role", "king", "scope", ""), 400)
	if a := b.post("/console/roles", "站长", append([]string{"other", "web:王姐"}, give...)...); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, plain(a.text))
	}
	b.shows(b.get("/console", "王姐"), 200, "我带的团")
	b.shows(b.get("/console", "站长"), 200, "王姐 团长 阳光花园 3 号楼")
	b.post("/console/roles", "站长", "account", string(wang.ID), "home", "home", "role", "leader", "scope", string(b.Chat.ID), "do", "remove")
	b.shows(b.get("/console", "王姐"), 403)
	b.post("/console/roles", "站长", "account", string(boss.ID), "home", "home", "role", "operator", "do", "remove")
	b.shows(b.get("/console", "站长"), 403)
}
