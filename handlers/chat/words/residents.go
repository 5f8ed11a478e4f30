package words

import "strings"

// residentAt: 3栋的小刘 stands at i, a house and who lives there.
func (p *parser) residentAt(i int) bool {
	_, k := p.buildingOnly(i)
	if k == 0 {
		return false
	}
	if at(p.s, i+k) == '的' {
		k++
	}
	n := titled(p.s, i+k)
	return n > 0 && p.continues(i+k+n)
}

// wareName: 小包 is a name, and 小笼包 on offer makes it goods.
func (p *parser) wareName(i int) bool {
	r := at(p.s, i+1)
	if !strings.ContainsRune("小老阿", at(p.s, i)) {
		return false
	}
	for _, g := range p.cat.goods {
		if strings.ContainsRune(g.text, r) {
			return true
		}
	}
	return unitAt(p.s, i+1) > 0
}

// mixedName is the length of 阿May, 小K where an order goes on.
func (p *parser) mixedName() int {
	if !strings.ContainsRune("小老阿", p.s[p.i]) || !isLatin(at(p.s, p.i+1)) {
		return 0
	}
	n := p.latinName(p.i+1, true)
	if n == 0 || !p.continues(n) {
		return 0
	}
	return n - p.i
}

// behindPlace is where the name begins behind 我家楼上的, 隔壁的.
func (p *parser) behindPlace(k int) int {
	i := k + p.wordAt(k, "我们家", "我家", "我们", "我", "咱家")
	i += p.wordAt(i, "楼上", "楼下", "隔壁", "对门", "单位", "公司")
	if i > k && at(p.s, i) == '的' && titled(p.s, i+1) > 0 {
		return i + 1
	}
	return k
}

// livesAt reads 我是3栋的, 我住501: who says so means the house also without a room, and a bare number is a room.
func (p *parser) livesAt(i int) (Home, int) {
	n := p.wordAt(i, "我家住在", "我家住", "我住在", "我住", "我是", "我家在", "我们是", "我们住")
	if n == 0 {
		return Home{}, 0
	}
	k := skip(p.s, i+n)
	if k >= len(p.s) {
		return Home{}, 0
	}
	if _, m := scanHome(p.s, k); m > 0 {
		return Home{}, 0
	}
	if h, m := p.buildingOnly(k); m > 0 && (at(p.s, k+m) == '的' || IsBreak(at(p.s, k+m))) && k+m < len(p.s) {
		return h, k + m - i
	}
	d, m := spelledDigits(p.s, k, 4)
	if m < 3 || at(p.s, k+m) != '的' {
		return Home{}, 0
	}
	return Home{Room: d}, k + m - i
}

// homely is the length of 老公, 婆婆家, 闺蜜 where a verb and a quantity follow: who is named by what they are to the writer.
func (p *parser) homely() int {
	if p.i > 0 && !IsBreak(p.s[p.i-1]) {
		return 0
	}
	n := p.wordAt(p.i, "老公", "老婆", "媳妇", "婆婆", "公公", "公婆", "丈母娘", "岳母", "岳父", "闺蜜", "室友", "舍友", "同事", "爸妈", "爸爸", "妈妈", "外婆", "外公", "姥姥", "姥爷", "女儿", "儿子", "妹妹", "弟弟", "嫂子", "弟媳", "小姑子", "对象", "男朋友", "女朋友", "亲家", "婆家", "娘家")
	if n == 0 {
		return 0
	}
	k := p.i + n
	if at(p.s, k) == '家' {
		k++
	}
	n = k - p.i
	k += p.wordAt(k, "也")
	if kind, m := phraseAt(p.s, k); kind == lead {
		k += m
	}
	if !p.unitCounted(k) {
		return 0
	}
	return n
}

// givenTo reads 一袋给我娘: right behind a quantity and at the end of a clause it says whose that was.
func (p *parser) givenTo() int {
	if p.s[p.i] != '给' || !p.touches(gotUnit) && !p.touches(gotNumber) && !p.touches(gotItem) || p.cur.For != "" || p.i+1 >= len(p.s) {
		return 0
	}
	n := p.kinAt(p.i + 1)
	if n == 0 {
		n = titled(p.s, p.i+1)
	}
	if n == 0 || !p.closes(p.i+1+n) {
		return 0
	}
	p.keepPending()
	p.cur.For = string(p.f.raw[p.i+1 : p.i+1+n])
	p.cur.closed = true
	return 1 + n
}
