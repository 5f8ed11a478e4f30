package words

import "strings"

// kinds are words for a whole kind of goods, to what its members may be called. Whoever writes 面包 may mean the toast, and
// whoever writes 橙子 the 脐橙: the word names all members, so that one is clear and several are asked about.
var kinds = map[string]string{
	"红枣": "枣", "大枣": "枣", "枣子": "枣", "丸子": "丸", "包子": "包",
	"面包": "面包|吐司|贝果|牛角|可颂|法棍|欧包|餐包|恰巴塔|bread", "吐司": "吐司|土司", "土司": "吐司|土司", "可颂": "可颂|牛角", "牛奶": "牛奶|鲜奶|纯奶", "鲜奶": "鲜奶|鲜牛奶",
	"纯奶": "纯奶|纯牛奶",
	"鸡蛋": "鸡蛋|鸡子", "鸭蛋": "鸭蛋", "水果": "果|梨|桃|橙|柑|橘|桔|柚|葡萄|提子|玫瑰|莓|瓜|香蕉|芒|榴莲|车厘子|樱桃|荔枝|龙眼|菠萝|凤梨|石榴|柿|李子|杏|枣",
	"苹果": "苹果|红富士|嘎啦|嘎拉|蛇果|冰糖心|花牛", "葡萄": "葡萄|提子|玫瑰|巨峰|夏黑", "提子": "提子|葡萄", "橙子": "橙", "橘子": "橘|桔|柑", "桔子": "桔|橘|柑", "梨子": "梨",
	"桃子": "桃", "柚子": "柚", "柿子": "柿",
	"樱桃": "樱桃|车厘子", "草莓": "草莓|红颜|章姬", "西瓜": "西瓜|麒麟瓜|8424", "哈密瓜": "哈密瓜|西州蜜", "芒果": "芒果|芒|贵妃|小台农", "香蕉": "香蕉|芭蕉|皇帝蕉", "菠萝": "菠萝|凤梨",
	"土豆": "土豆|马铃薯", "番茄": "番茄|西红柿", "西红柿": "番茄|西红柿", "地瓜": "地瓜|红薯|番薯|蜜薯", "红薯": "红薯|番薯|地瓜|蜜薯", "大米": "米|稻花香", "饺子": "饺", "水饺": "饺",
	"馄饨": "馄饨|云吞",
	"蛋糕": "蛋糕|千层|慕斯|瑞士卷|戚风", "纸巾": "抽纸|纸巾|面巾纸|手帕纸", "卷纸": "卷纸|卫生纸", "螃蟹": "蟹", "大虾": "虾", "虾子": "虾", "牛肉": "牛肉|牛腩|牛腱|牛排|肥牛",
	"猪肉": "猪|五花|里脊|梅花肉|前腿|后腿", "羊肉": "羊", "肉": "肉|里脊|牛腩|牛腱|五花|排骨|羊排|牛排", "鸭子": "鸭", "鸡子": "鸡", "母鸡": "鸡", "蜂蜜": "蜜", "瓜子": "瓜子",
	"坚果": "坚果|夏威夷果|碧根果|腰果|核桃|巴旦木|开心果", "茶叶": "茶|龙井|小种|普洱|铁观音|碧螺春|白牡丹",
	"bread": "bread|sourdough|rye|baguette|toast|bagel|croissant|ciabatta|brioche|focaccia|loaf|面包|吐司", "fruit": "apple|pear|peach|orange|grape|berr|cherr|melon|banana|mango|kiwi|plum|fruit",
	"tomato": "tomato|番茄|西红柿", "egg": "egg|蛋", "cake": "cake|蛋糕", "milk": "milk|奶", "apple": "apple|苹果", "rice": "rice|米", "shrimp": "shrimp|prawn|虾",
	"prawn": "shrimp|prawn|虾", "berry": "berr", "meat": "meat|beef|pork|lamb|肉",
	"melon": "melon|瓜", "watermelon": "watermelon|西瓜", "strawberry": "strawberr|草莓", "blueberry": "blueberr|蓝莓", "orange": "orange|橙|橘|桔", "grape": "grape|葡萄|提子",
	"peach": "peach|桃", "pear": "pear|梨", "cherry": "cherr|樱桃|车厘子", "mango": "mango|芒", "lemon": "lemon|柠檬", "pineapple": "pineapple|菠萝|凤梨", "banana": "banana|香蕉",
	"potato": "potato|土豆|马铃薯", "onion": "onion|洋葱", "carrot": "carrot|胡萝卜", "corn": "corn|玉米", "cucumber": "cucumber|黄瓜", "cabbage": "cabbage|白菜|卷心菜",
	"mushroom": "mushroom|菇|菌", "beef": "beef|牛肉|牛腩|牛排", "pork": "pork|猪", "chicken": "chicken|鸡", "duck": "duck|鸭", "lamb": "lamb|羊", "fish": "fish|鱼",
	"salmon": "salmon|三文鱼", "crab": "crab|蟹", "lobster": "lobster|龙虾", "noodle": "noodle|面", "dumpling": "dumpling|饺", "wonton": "wonton|馄饨|云吞", "tofu": "tofu|豆腐",
	"honey": "honey|蜜", "tea": "tea|茶", "coffee": "coffee|咖啡", "juice": "juice|汁", "oil": "oil|油", "yogurt": "yogurt|yoghurt|酸奶", "butter": "butter|黄油",
	"cheese": "cheese|奶酪|芝士", "cookie": "cookie|饼干|曲奇", "ham": "ham|火腿", "sausage": "sausage|香肠|烤肠", "nut": "nut|坚果", "flower": "flower|花|玫瑰|百合|康乃馨|郁金香",
	"rose": "rose|玫瑰", "tissue": "tissue|抽纸|纸巾", "detergent": "detergent|洗衣液|洗衣凝珠", "mooncake": "mooncake|月饼", "flour": "flour|面粉",
}

// ofKind are the items of the kind whose word stands at i, and how long the word is.
func (c catalogue) ofKind(s []rune, i int) ([]int, int) {
	if !isHan(s[i]) {
		return nil, 0
	}
	for n := min(3, len(s)-i); n > 1; n-- {
		if kinds[string(s[i:i+n])] != "" {
			return c.members(string(s[i : i+n])), n
		}
	}
	return nil, 0
}

// members are the items of a kind. 草莓酱 is no 草莓 where something else is.
func (c catalogue) members(kind string) []int {
	if kinds[kind] == "" {
		return nil
	}
	found, known := c.kinds[kind]
	if !known {
		found = c.findMembers(kind)
		c.kinds[kind] = found
	}
	return found
}

func (c catalogue) findMembers(kind string) []int {
	var out, only, exact []int
	broad := false // 黄小米 is 米, and no 大米 beside 五常大米
	for i, g := range c.goods {
		for w := range strings.SplitSeq(kinds[kind], "|") {
			if strings.Contains(g.text, w) {
				out = append(out, i)
				if strings.HasSuffix(g.text, kind) {
					exact = append(exact, i)
				} else if len(w) <= len("米") {
					broad = true
				}
				if !strings.Contains(g.text, kind) || strings.HasSuffix(g.text, kind) {
					only = append(only, i)
				}
				break
			}
		}
	}
	if broad && len(exact) > 0 && len([]rune(kind)) > 1 && isHan([]rune(kind)[0]) {
		return exact
	}
	if len(only) > 0 && isHan([]rune(kind)[0]) {
		return only
	}
	return out
}

// partOf reports whether the word is only what the names begin with, 椰子 of 椰子水: that may be another thing.
func (c catalogue) partOf(found []int, word string) bool {
	return kinds[word] == "" && len(c.endingIn(found, word)) == 0
}

// holds: something is sold in packs of this unit.
func (c catalogue) holds(unit string) bool {
	for _, g := range c.goods {
		for _, in := range g.specs {
			if in.unit == unit {
				return true
			}
		}
	}
	return false
}

// numberName reads an item whose name begins with a number: 7度空间, 999感冒灵, 29.9元水果篮, and 29.9的, 999两盒.
func (p *parser) numberName() ([]int, int) {
	if prev := at(p.s, p.i-1); isDigit(prev) || prev == '.' || isLatin(prev) {
		return nil, 0
	}
	var out []int
	best := 0
	for k, g := range p.cat.goods {
		n := p.numberNameOf(g)
		if n > best {
			out, best = nil, n
		}
		if n == best && n > 0 {
			out = append(out, k)
		}
	}
	return out, best
}

func (p *parser) numberNameOf(g good) int {
	digits := 0
	for digits < len(g.name) && (isDigit(g.name[digits]) || g.name[digits] == '.') {
		digits++
	}
	n := 0
	for n < len(g.name) && p.i+n < len(p.s) && g.name[n] == p.s[p.i+n] {
		n++
	}
	if digits == 0 {
		return p.innerNumber(g)
	}
	if n < digits || isDigit(at(p.s, p.i+digits)) {
		return 0
	}
	after := at(p.s, p.i+n)
	priced := strings.ContainsRune("元块", at(g.name, digits)) && digits < len(g.name)
	switch {
	case after == '的' && (priced || n > digits):
		return n + 1
	case n > digits+1, n == digits+1 && !priced && !isCount(p.s[p.i:p.i+n]):
		return n
	case n == digits && digits > 2 && !priced && p.unitCounted(p.i+n):
		return n
	}
	return 0
}

// innerNumber is the length of a number of three digits or more that stands within the name: 8424 of 东台8424西瓜.
func (p *parser) innerNumber(g good) int {
	n := 0
	for n < 6 && isDigit(at(p.s, p.i+n)) {
		n++
	}
	if n < 3 || unitAt(p.s, p.i+n) > 0 {
		return 0
	}
	for k := range g.name {
		if isDigit(g.name[k]) && !isDigit(at(g.name, k-1)) && !isDigit(at(g.name, k+n)) && wordAt(g.name, k, string(p.s[p.i:p.i+n])) == n {
			rest := 0
			for p.i+n+rest < len(p.s) && k+n+rest < len(g.name) && p.s[p.i+n+rest] == g.name[k+n+rest] {
				rest++
			}
			return n + rest
		}
	}
	return 0
}

// unitCounted: a number with a unit stands at k.
func (p *parser) unitCounted(k int) bool {
	from := skip(p.s, k)
	_, kind, n := plainNumber(p.s, from)
	return kind == Whole && unitAt(p.s, from+n) > 0
}

// allOf reads 三种 where three are on offer and each of them is meant: 三种各一盒.
func (p *parser) allOf() int {
	n, kind, length := plainNumber(p.s, p.i)
	k := p.i + length
	if kind != Whole || len(p.cat.goods) < 2 || int(n) != len(p.cat.goods) || !strings.ContainsRune("种样款", at(p.s, k)) || k >= len(p.s) {
		return 0
	}
	if next := at(p.s, skip(p.s, k+1)); next != '各' {
		return 0
	}
	p.allItems()
	return p.mark(every, length+1)
}
