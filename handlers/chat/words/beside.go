package words

import (
	"slices"
	"strings"
)

// aside reads what stands beside an order and is neither talk nor part of it: a telephone's number, that it is paid, the
// sum of what was ordered, thanks for something.
func (p *parser) aside() int {
	for _, read := range []func() int{p.telephone, p.alsoWants, p.thanksTo, p.paid, p.total, p.thanksFor, p.tooFew, p.nextTime, p.heading, p.estate, p.soMany, p.lestThat, p.when, p.stays} {
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

// nextTime reads 好吃下次多买点 behind an order: what depends on it is no part of it.
func (p *parser) nextTime() int {
	n := p.wordAt(p.i, "好吃", "好喝", "好用", "好的话", "甜", "不错", "喜欢", "孩子喜欢", "满意", "合适", "吃得好", "吃着好", "行的话", "可以的话", "if good", "if they're good", "if it's good")
	if n == 0 || !p.counted() {
		return 0
	}
	end, later := p.i+n, false
	for end < len(p.s) && !IsBreak(p.s[end]) && !emoji(p.s[end]) && end-p.i < mostWish {
		later = later || p.wordAt(end, "下次", "下回", "以后", "回头", "再", "next time") > 0
		if isDigit(p.s[end]) || p.countedAt(end) || strings.ContainsRune("?吗么", p.s[end]) {
			return 0
		}
		end++
	}
	if !later || !p.closes(end) {
		return 0
	}
	return end - p.i
}

// heading reads 幸福里报单： before what is ordered.
func (p *parser) heading() int {
	k := p.i
	for k < len(p.s) && k-p.i <= 8 && isHan(p.s[k]) {
		if n := p.wordAt(k, "报单", "早餐", "午餐", "晚餐", "早饭", "午饭", "晚饭", "下午茶", "报数", "订单", "下单", "补单", "登记", "订货", "要货"); n > 0 && at(p.s, k+n) == ':' && p.i == 0 {
			return k + n + 1 - p.i
		}
		k++
	}
	return 0
}

// estates are the last characters of names of communities.
const estates = "园苑城府里湾庭区寓厦阁居轩村郡墅楼"

// estate reads 翠园3座1502, 锦绣园 土豆6箱: the community before a house, or before what it orders.
func (p *parser) estate() int {
	k := p.i
	for k < len(p.s) && k-p.i < 6 && isHan(p.s[k]) {
		if _, kind, _ := plainNumber(p.s, k); kind != NotNumber {
			return 0
		}
		k++
		if !strings.ContainsRune(estates, p.s[k-1]) || k-p.i < 2 || k >= len(p.s) {
			continue
		}
		if _, n := byMarker(p.s, k); n > 0 {
			return k - p.i
		}
		if _, n := p.named(skip(p.s, k) % len(p.s)); p.i == 0 && isSpace(p.s[k]) && n > 1 && p.unitCounted(k+1+n) && k-p.i > 2 {
			return k - p.i
		}
	}
	return 0
}

// soMany reads 我家两个娃, why so many are ordered.
func (p *parser) soMany() int {
	k := p.i + p.wordAt(p.i, "我们家", "我家", "家里有", "家里", "我有")
	_, kind, n := plainNumber(p.s, k)
	if p.wordAt(k, "俩") > 0 {
		kind, n = Whole, 1
	}
	if k == p.i || kind != Whole {
		return 0
	}
	k += n
	k += p.wordAt(k, "个", "口", "只", "条")
	m := p.wordAt(k, "娃娃", "娃", "孩子", "小孩", "小朋友", "宝宝", "宝", "老人", "大人", "学生", "人", "神兽", "猫", "狗", "吃货", "小子", "丫头", "闺女", "儿子", "女儿")
	if m == 0 || !p.closes(k+m) {
		return 0
	}
	return k + m - p.i
}

// lestThat reads 不然打架 behind an order.
func (p *parser) lestThat() int {
	n := p.wordAt(p.i, "不然", "要不然", "否则", "免得", "省得", "以免")
	if n == 0 || !p.counted() {
		return 0
	}
	end := p.i + n
	for end < len(p.s) && isHan(p.s[end]) && end-p.i <= mostWish {
		if kind, size := phraseAt(p.s, end); p.countedAt(end) || orders(kind) && size > 1 || strings.ContainsRune("吗么退", p.s[end]) {
			return 0
		}
		end++
	}
	if end == p.i+n || !p.closes(end) {
		return 0
	}
	return end - p.i
}

// when reads 明早 right before goods with their quantities: when they are wanted.
func (p *parser) when() int {
	n := p.wordAt(p.i, "明天早上", "明天中午", "明天晚上", "明天下午", "明早", "明晚", "明天", "今晚", "今早", "今天", "后天", "周末", "周六", "周日")
	if k := p.i + n; n > 0 && k < len(p.s) {
		if isLatin(p.s[k]) && isDigit(at(p.s, k+1)) && len(p.cat.lettered(string(p.s[k]))) > 0 {
			return n
		}
		if _, m := p.named(k); m > 1 && p.unitCounted(k+m) {
			return n
		}
	}
	return 0
}

// stays reads 拼图留着 beside what is given up or changed.
func (p *parser) stays() int {
	if !p.fewer() {
		return 0
	}
	_, n := p.named(p.i)
	m := p.wordAt(p.i+n, "都留着", "留着", "不变", "照旧", "不动", "照常", "保留", "还要", "继续要")
	if n < 2 || m == 0 || !p.closes(p.i+n+m) {
		return 0
	}
	return n + m
}

// perHead reads 我们仨一人一杯: so many people, and what each of them gets.
func (p *parser) perHead() int {
	k := p.i + p.wordAt(p.i, "我们", "咱们", "咱", "俺们", "我")
	if k == p.i {
		return 0
	}
	heads, kind, n := plainNumber(p.s, k)
	if pair := p.wordAt(k, "俩", "仨"); pair > 0 {
		heads, kind, n = numerals[p.s[k]], Whole, pair
	}
	k += n
	k += p.wordAt(k, "个人", "个", "人", "口人", "口子", "口", "家")
	if kind != Whole || heads < 2 || heads > 20 {
		return 0
	}
	n = p.wordAt(k, "一人", "每人", "人手", "每家", "一家", "各")
	each, kind, m := plainNumber(p.s, k+n)
	u := unitAt(p.s, k+n+m)
	if n == 0 || kind != Whole || u == 0 {
		return 0
	}
	k += n + m
	p.cur.self, p.cur.verb = true, true
	p.give(line{number: heads * each, kind: Whole, verb: true, leftAlone: true, unit: string(p.s[k : k+u])})
	return p.mark(gotUnit, k+u-p.i)
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

// dishes end words for goods of their own: 虾饺 is hardly 虾仁水饺.
const dishes = "饺包饼面饭粥汤酱油糕粉茶酒丸鱼肉蛋奶"

// nickname is an item that people shorten: 麻小 of 麻辣小龙虾, 夏果 of 夏威夷果. It is meant only beside the unit that
// the item is sold by.
func (p *parser) nickname() int {
	if !isHan(p.s[p.i]) || p.i+2 >= len(p.s) || !isHan(p.s[p.i+1]) || !p.unitCounted(p.i+2) {
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
		if found >= 0 || !g.soldIn(unit) || unit == "份" || !p.ctx.addressed() && (pieces[unit] || len(g.name) < 4 || strings.ContainsRune(dishes+"小老", p.s[p.i+1]) || strings.ContainsRune("小老阿", p.s[p.i])) {
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
