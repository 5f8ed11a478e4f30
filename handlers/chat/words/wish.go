package words

import "strings"

// wishOrLoose reads a clause as a wish, which becomes a note, or as talk of which a few runes are unknown.
func (p *parser) wishOrLoose() int {
	end := p.i
	for end < len(p.s) && end-p.i <= mostWish && (!IsBreak(p.s[end]) || p.s[end] == ' ' && isLatin(at(p.s, end-1))) {
		end++
	}
	if end-p.i > mostWish || at(p.s, end) == '?' || end == p.i {
		return p.sentence()
	}
	wish, fetch := p.all(end, wishing, wishGlue) || p.parts(end) || p.placed(end) || p.extras(end), p.all(end, fetching, fetchGlue)
	if p.counted() && (wish || fetch) {
		if fetch {
			p.said.any, p.said.paid = true, true // 两包，我下班去拿: perhaps parcels
		}
		return p.remember(end)
	}
	if p.inscription(end) {
		return p.remember(end)
	}
	if p.spokenFor(end) || !p.looseTalk(end) {
		return p.sentence()
	}
	p.said.loose, p.said.any, p.said.praised = true, true, true
	p.said.words = append(p.said.words, string(p.f.raw[p.i:end]))
	p.said.after = p.said.after || p.counted()
	return p.mark(polite, end-p.i)
}

// remember takes a clause as a note, without the polite words around it.
func (p *parser) remember(end int) int {
	from, to := p.i, end
	for from < to {
		kind, n := phraseAt(p.s, from)
		if kind != polite && kind != please || from+n >= to {
			break
		}
		from = skip(p.s, from+n)
	}
	for again := true; again; {
		again = false
		for _, w := range []string{"谢谢", "多谢", "谢啦", "哈", "哦", "吧", "啊", "thanks", "thank you", "please", "pls", "plz", " "} {
			if k := to - len([]rune(w)); k > from && wordAt(p.s, k, w) > 0 {
				to, again = k, true
			}
		}
	}
	p.keepPending()
	p.addNote(string(p.f.raw[from:to]))
	return p.mark(polite, end-p.i)
}

// wished: the clause is a wish that says so: 要脆的, 别太熟.
func (p *parser) wished() bool {
	end := p.i
	for end < len(p.s) && !IsBreak(p.s[end]) && end-p.i < mostWish {
		end++
	}
	return strings.ContainsAny(string(p.s[p.i:end]), "要别挑选") && p.all(end, wishing, wishGlue)
}

// inscription: 写生日快乐, what is to be written on a cake.
func (p *parser) inscription(end int) bool {
	n := p.wordAt(p.i, "上面写", "帮写", "要写", "写上", "写")
	return n > 0 && p.counted() && end > p.i+n
}

// parts: 一杯去冰一杯热, how each of those that were ordered should be.
func (p *parser) parts(end int) bool {
	var sum int64
	has, k := false, p.i
	for k < end {
		n, kind, length := plainNumber(p.s, k)
		u := unitAt(p.s, k+length)
		if kind != Whole || u == 0 {
			return false
		}
		sum += n
		k += length + u
		from := k
		for k < end {
			w := saidAt(p.s, k, wishing, wishGlue)
			if len(w.word) == 0 || p.countedAt(k) {
				break
			}
			has = has || w.is(wishing)
			k += len(w.word)
		}
		if k == from {
			return false
		}
	}
	return has && (sum == p.sum() || sum < p.sum() && !strings.ContainsAny(string(p.s[p.i:end]), "坏烂碎裂"))
}

// extras: 麻烦给两个袋子, what should come with the goods.
func (p *parser) extras(end int) bool {
	k := p.i + p.wordAt(p.i, "麻烦", "请", "帮忙", "记得", "可以的话")
	n := p.wordAt(k, "多给我", "多给", "给我", "给", "多送", "送", "配", "附", "多放", "放", "带")
	if k += n; n == 0 {
		return false
	}
	if _, kind, m := plainNumber(p.s, k); kind == Whole {
		k += m
		k += unitAt(p.s, k)
	} else {
		k += p.wordAt(k, "个", "点", "张", "双", "几个")
	}
	m := p.wordAt(k, "塑料袋", "手提袋", "礼品袋", "袋子", "礼袋", "礼盒", "盒子", "箱子", "贺卡", "卡片", "冰袋", "勺子", "叉子", "筷子", "吸管", "蜡烛", "盘子", "餐具", "收据", "发票", "小票")
	if m == 0 {
		return false
	}
	k += m
	for k < end && p.wordAt(k, "哈", "吧", "哦", "啊", "呀", "谢谢", "了") > 0 {
		k += p.wordAt(k, "哈", "吧", "哦", "啊", "呀", "谢谢", "了")
	}
	return k == end
}

// placed: 放冰柜, 挂在门把手上: where the goods should be left. 放门口了 tells that they are there.
func (p *parser) placed(end int) bool {
	from := p.i + p.wordAt(p.i, "太沉了", "太沉", "太重了", "太重", "有点重", "搬不动", "拿不动", "腿脚不便", "腿脚不好", "不在家")
	n := p.wordAt(from, "麻烦放", "帮放", "请放", "帮我放", "给我放", "先放", "就放", "放", "挂", "麻烦挂", "留在", "送到", "送去", "麻烦送到", "帮忙放", "寄存", "存", "交给", "leave it", "leave them", "leave")
	if n == 0 {
		return false
	}
	n += from - p.i
	if end-p.i-n < 1 || end-p.i-n > 10 && !isLatin(p.s[p.i]) || end-p.i > mostWish {
		return false
	}
	for k := p.i + n; k < end; k++ {
		if isDigit(p.s[k]) || strings.ContainsRune("了吗么不没谁哪几过", p.s[k]) {
			return false
		}
	}
	return true
}

// all: the clause up to end is of these words, one at least of the first kind.
func (p *parser) all(end int, core, glue saying) bool {
	has, glued := false, false
	for k := p.i; k < end; {
		p.steps++
		w := saidAt(p.s, k, core, glue)
		if _, n := p.named(k); n > 1 && n >= len(w.word) {
			return false // goods
		}
		if len(w.word) == 0 {
			if p.s[k] != ' ' {
				return false
			}
			k++
			continue
		}
		has, glued = has || w.is(core), glued || w.is(glue) || len(w.word) > 1
		k += len(w.word)
	}
	return has && glued
}

// cutAs reads 切片 right behind a quantity, up to the end of the clause, as a note.
func (p *parser) cutAs() int {
	end := p.i
	for end < len(p.s) && end-p.i < mostWish && !IsBreak(p.s[end]) && p.s[end] < 0x2E80 == (p.s[p.i] < 0x2E80) {
		end++
	}
	w := saidAt(p.s, p.i, wishing)
	if len(w.word) < 2 || isLatin(p.s[p.i]) || !p.all(end, wishing, wishGlue) {
		return 0
	}
	return p.remember(end)
}
