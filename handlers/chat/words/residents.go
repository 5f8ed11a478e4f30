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
