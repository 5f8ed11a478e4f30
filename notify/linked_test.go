package notify_test

import (
	"testing"
	"time"

	"tuanbot/domain"
)

// Who was recognised by a platform's word hears of it once, where they were heard of last, whichever account that came with;
// who typed a code knows, so there the other side is told.
func TestWhoWasRecognisedIsTold(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	old, young := w.Person("小明"), w.Person("Ming")
	now := w.Clock.Now()
	w.identity(young, "tel", "young", now.Add(time.Minute))
	var at time.Time
	w.Must(w.DB.InTx(t.Context(), func(tx domain.Tx) error {
		var err error
		if at, err = tx.Now(t.Context()); err != nil {
			return err
		}
		return tx.LinkAccounts(t.Context(), young.ID, old.ID)
	}))
	union := map[string]int64{"at": at.UnixMilli(), "union": 1}
	w.tell(domain.Notice{Kind: domain.NoticeLinked, Account: old.ID, Num: union, Urgent: true})
	w.want(w.run())
	w.want(w.tel.took(), "young: 认出你了：你在两个平台是同一个人，两边的订单放在一起。想在这里分开用，请发：解绑")
	w.tell(domain.Notice{Kind: domain.NoticeLinked, Account: old.ID, Num: map[string]int64{"at": at.UnixMilli()}, Urgent: true, Dedup: "typed"})
	w.want(append(w.run(), w.tel.took()...), "小明: 有人把“Ming”绑到了你的账号，现在能看到你的订单。不是你？请解绑。")
	w.Must(w.DB.InTx(t.Context(), func(tx domain.Tx) error { return tx.UnlinkAccount(t.Context(), young.ID) }))
	w.tell(domain.Notice{Kind: domain.NoticeLinked, Account: old.ID, Num: union, Urgent: true, Dedup: "parted"})
	w.want(append(w.run(), w.tel.took()...))
	w.tell(domain.Notice{Kind: domain.NoticeLinked, Account: old.ID, Num: map[string]int64{"at": 0, "union": 1}, Urgent: true, Dedup: "first contact"})
	if got := append(w.run(), w.tel.took()...); len(got) != 1 {
		t.Errorf("a first contact: %q", got)
	}
}
