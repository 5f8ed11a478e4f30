package words

import (
	"slices"
	"strings"
)

// aside reads what stands beside an order and is neither talk nor part of it: a telephone's number, that it is paid, the
// sum of what was ordered, thanks for something.
func (p *parser) aside() int {
	for _, read := range []func() int{p.telephone, p.alsoWants, p.thanksTo, p.paid, p.total, p.thanksFor, p.tooFew} {
		if n := read(); n > 0 {
			return n
		}
	}
	return 0
}

// closes: the clause ends at k.
func (p *parser) closes(k int) bool {
	if k < len(p.s) {
		k += len(saidAt(p.s, k, tailing).word)
	}
	return k >= len(p.s) || IsBreak(p.s[k]) && p.s[k] != '?' || emoji(p.s[k])
}

// telephone reads the number of a mobile telephone. It is no part of the order and is kept nowhere.
func (p *parser) telephone() int {
	k := p.i + p.wordAt(p.i, "联系电话", "手机号码", "电话号码", "手机号", "电话", "手机", "联系方式", "tel", "phone", "mobile")
	for k < len(p.s) && strings.ContainsRune(": .", p.s[k]) {
		k++
	}
	n := 0
	for n < 12 && isDigit(at(p.s, k+n)) {
		n++
	}
	if n != 11 || p.s[k] != '1' || !p.closes(k+n) {
		return 0
	}
	p.said.any, p.said.paid = true, true
	return k + n - p.i
}

// paid reads 钱转你了 behind an order.
func (p *parser) paid() int {
	w := saidAt(p.s, p.i, paying)
	n := len(w.word)
	if n == 0 || !p.counted() && !p.ctx.addressed() || !p.closes(p.i+n) || !p.ctx.addressed() && !p.cur.verb && (len(p.cur.lines) == 0 || !p.cur.lines[0].verb) {
		return 0
	}
	p.said.any, p.said.paid = true, true
	return n
}

// total reads 合计3箱 where that is the sum of what was read.
func (p *parser) total() int {
	n := p.wordAt(p.i, "合计", "总共", "一共", "共计", "总计", "共", "in total", "total")
	if n == 0 || !p.counted() {
		return 0
	}
	k := skip(p.s, p.i+n)
	sum, kind, length := plainNumber(p.s, k)
	if kind != Whole || sum != p.sum() {
		return 0
	}
	k += length
	if k += unitAt(p.s, k); !p.closes(k) {
		return 0
	}
	return k - p.i
}

// sum of all quantities so far.
func (p *parser) sum() (n int64) {
	for _, one := range append(slices.Clip(p.done), p.cur) {
		for _, l := range one.lines {
			n += l.number
		}
	}
	if p.pend != nil {
		n += p.pend.number
	}
	return n
}

// thanksFor reads thanks for organising this, up to the end of the clause.
func (p *parser) thanksFor() int {
	n := p.wordAt(p.i, "thank you so much for", "thank you for", "thanks so much for", "thanks a lot for", "many thanks for", "thanks for", "thx for")
	if n == 0 {
		return 0
	}
	end := p.i + n
	for end < len(p.s) && !strings.ContainsRune(",.!;\n", p.s[end]) {
		if r := p.s[end]; isDigit(r) || r == '?' || end-p.i > 60 {
			return 0
		}
		end++
	}
	return end - p.i
}

// tooFew reads 一箱不够吃.
func (p *parser) tooFew() int {
	_, kind, n := plainNumber(p.s, p.i)
	k := p.i + n
	u := unitAt(p.s, k)
	if kind != Whole || u == 0 || p.counted() && !p.fewer() && p.cur.mode != Add {
		return 0
	}
	k += u
	k += p.wordAt(k, "根本", "肯定", "可能", "都", "怕")
	m := p.wordAt(k, "不够吃", "不够用", "不够喝", "不够分", "不够", "太少了", "太少", "有点少", "少了点")
	if m == 0 || !p.closes(k+m) || k+m >= len(p.s) && !p.counted() {
		return 0
	}
	return k + m - p.i
}

// ownSmall is the length of 给娃 behind a quantity, where nobody else orders.
func (p *parser) ownSmall() int {
	n := p.wordAt(p.i, "给我家", "给我", "给")
	if n == 0 {
		return 0
	}
	for _, w := range []string{"小朋友", "小孩子", "孩子们", "孩子", "小孩", "娃娃", "宝宝", "宝贝", "娃", "狗子", "猫咪", "狗", "猫"} {
		if m := wordAt(p.s, p.i+n, w); m > 0 && p.closes(p.i+n+m) {
			return n + m
		}
	}
	return 0
}

// address reads whom the message is spoken to: 姐，给我留三个.
func (p *parser) address() int {
	n := p.wordAt(p.i, "小姐姐", "小哥哥", "姐妹们", "家人们", "兄弟们", "宝子们", "各位", "姐姐", "哥哥", "阿姨", "叔叔", "大姐", "大哥", "兄弟", "姐妹", "小哥", "老铁", "大神", "姐", "哥", "姨", "叔", "宝", "亲")
	if n == 0 {
		n = p.wordAt(p.i, "mate", "folks", "team", "neighbours", "neighbors", "friends", "lovely", "love", "boss")
	}
	if k := p.i + n; n == 0 || k >= len(p.s) || !IsBreak(p.s[k]) || p.s[k] == '?' {
		return 0
	}
	if kind, number, _ := scanNumber(p.s, min(skip(p.s, p.i+n+1), len(p.s)-1)); number != NotNumber && kind >= 0 {
		return 0 // 阿姨 2份 is hers
	}
	return n
}

// nickname is an item that people shorten: 麻小 of 麻辣小龙虾, 夏果 of 夏威夷果. Only who speaks to us means it for
// sure, and only beside the unit that it is sold by: 虾饺 is no 虾仁水饺.
func (p *parser) nickname() int {
	if !p.ctx.addressed() || !isHan(p.s[p.i]) || p.i+2 >= len(p.s) || !isHan(p.s[p.i+1]) || !p.unitCounted(p.i+2) {
		return 0
	}
	if kind, _ := phraseAt(p.s, p.i); kind != noToken {
		return 0
	}
	k := skip(p.s, p.i+2)
	_, _, n := plainNumber(p.s, k)
	unit := canonical(string(p.s[k+n : k+n+unitAt(p.s, k+n)]))
	found := -1
	for i, g := range p.cat.goods {
		if len(g.name) < 3 || g.name[0] != p.s[p.i] || !strings.ContainsRune(string(g.name[1:]), p.s[p.i+1]) {
			continue
		}
		if found >= 0 || !g.soldIn(unit) || unit == "份" {
			return 0
		}
		found = i
	}
	if found < 0 {
		return 0
	}
	return p.mention(mention{items: []int{found}}, 2)
}

// alsoWants reads 我姐也要: why more is ordered.
func (p *parser) alsoWants() int {
	n := p.kinAt(p.i)
	if n == 0 {
		_, n = kin().longest(p.s, p.i)
	}
	k := p.i + n
	m := p.wordAt(k, "也想要", "也要", "也想吃", "想吃", "爱吃", "要吃", "要")
	if n == 0 || m == 0 || !p.counted() || !p.closes(k+m) {
		return 0
	}
	return n + m
}

// thanksTo reads 谢谢家委会, whoever that is.
func (p *parser) thanksTo() int {
	n := p.wordAt(p.i, "谢谢", "感谢", "多谢", "辛苦")
	if n == 0 {
		return 0
	}
	end := p.i + n
	for end < len(p.s) && isHan(p.s[end]) && end-p.i <= n+5 {
		if strings.ContainsRune("吗么不没别来要订送放再给把取消退改我", p.s[end]) || p.countedAt(end) {
			return 0
		}
		end++
	}
	if end == p.i+n || !p.closes(end) {
		return 0
	}
	return end - p.i
}
