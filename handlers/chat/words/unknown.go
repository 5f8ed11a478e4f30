package words

import "strings"

// Bounds of a sentence in words of no table.
const (
	leastSentence = 4  // runes; what is shorter may be a name, of people or of goods
	mostSentence  = 30 // runes
	mostEnglish   = 90 // letters
)

// sentenceRunes show that a clause says something, and does not merely name it: 泰国金枕榴莲 has none of them.
const sentenceRunes = "了着在都就也又还很太真超挺最得把被让到去回想会做忙学考跑住搬看听等这我咱俺家今天啊呀吧呢哈哦啦终刚正爱怕冷热累困馋"

// sentence reads a clause in words that the tables do not know: 孙子期末考完回来了，来两箱. It stands beside a plain order as
// long as it says something, names neither goods nor people nor houses, counts nothing, and nothing in it speaks against.
func (p *parser) sentence() int {
	end := p.sentenceEnd()
	if end == 0 || p.spokenFor(end) || p.namesSomebody(end) {
		return 0
	}
	says := false
	for k := p.i; k < end; {
		p.steps++
		n, tells, ok := p.harmlessAt(k)
		if !ok {
			return 0
		}
		says = says || tells || strings.ContainsRune(sentenceRunes, p.s[k]) || isLatin(p.s[k]) && strings.Contains(smallWords, "|"+latinWord(p.s, k)+"|")
		k += n
	}
	if !says {
		return 0
	}
	p.said.any, p.said.praised, p.said.loose, p.said.open = true, true, true, true
	p.said.tight = p.said.tight || at(p.s, end) == ' ' || at(p.s, p.i-1) == ' ' && isHan(p.s[p.i])
	p.said.after = p.said.after || p.counted()
	p.said.words = append(p.said.words, string(p.f.raw[p.i:end]))
	return p.mark(polite, end-p.i)
}

// smallWords of English make a sentence of others.
const smallWords = "|i|i'm|my|we|our|we're|the|is|are|am|it's|they're|it|they|this|these|that|was|been|have|has|just|so|to|on|in|at|with|and|a|for|of|me|us|"

// sentenceEnd is where the clause that begins here ends; 0 where it is too short or too long, or asks.
func (p *parser) sentenceEnd() int {
	latin, end := isLatin(p.s[p.i]), p.i
	if before := at(p.s, p.i-2); latin && at(p.s, p.i-1) == ' ' && (isLatin(before) || isDigit(before)) {
		return 0 // in the midst of a sentence
	}
	most := mostSentence
	if latin {
		most = mostEnglish
	}
	for end < len(p.s) && end-p.i <= most && !emoji(p.s[end]) {
		if r := p.s[end]; IsBreak(r) && (r != ' ' || !isLatin(at(p.s, end-1)) && !isLatin(at(p.s, end+1))) && (r != '\'' || !isLatin(at(p.s, end+1))) {
			break
		}
		end++
	}
	if end-p.i < leastSentence || end-p.i > most || latin && end-p.i < 3*leastSentence || strings.ContainsRune("?()[]/\"|", at(p.s, end)) && end < len(p.s) {
		return 0
	}
	return end
}

// harmlessAt is the length of the word at k, unless that speaks against an order, and whether it tells something.
func (p *parser) harmlessAt(k int) (n int, tells, ok bool) {
	r := p.s[k]
	if r == ' ' || r == '\'' {
		return 1, false, true
	}
	if isDigit(r) || strings.ContainsRune("+-*:=#@%&<>", r) || !isHan(r) && !isLatin(r) {
		return 0, false, false
	}
	w := saidAt(p.s, k, whenPast, whoOf, household, dear, being, howMuch, tasting, praising, giving, marking, urging, tempting, against)
	kind, size := phraseAt(p.s, k)
	if kind == polite && size > len(w.word) {
		return size, true, true
	}
	if w.is(tempting) || w.is(against) || w.is(whenPast) || orders(kind) && size > 1 && size > len(w.word) || size > 1 && (kind == was || kind == asking || kind == aside || kind == before || kind == noteTag) {
		return 0, false, false
	}
	if _, number, _ := plainNumber(p.s, k+size); orders(kind) && number != NotNumber {
		return 0, false, false
	}
	if _, n := p.named(k); n > 1 || p.countedAt(k) || titled(p.s, k) > 0 || p.foreignAt(k, len(w.word)) {
		return 0, false, false
	}
	if len(w.word) > 0 {
		return len(w.word), w.is(praising) || w.is(giving) || w.is(marking) || w.is(urging) || w.is(dear), true
	}
	if isLatin(r) {
		word := latinWord(p.s, k)
		return len(word), false, len(p.cat.worded(word)) == 0
	}
	return 1, false, true
}

// foreignAt: something to eat or to use stands at k, which is not on offer: 食堂的盖饭.
func (p *parser) foreignAt(k, known int) bool {
	if known > 1 || len(p.cat.starts[p.s[k]]) > 0 {
		return false
	}
	return strings.ContainsRune(foreignRunes, p.s[k])
}

// foreignRunes are characters of goods.
const foreignRunes = "虾鱼肉奶饼茶酒桃橙瓜蟹鸡鸭鹅菇笋藕柚橘桔粽酱醋糖粉纸莓饭饺馒包糕酥饮汁汤粥椒薯葵芋菌栗枣梨榴莲菠萝樱荔棉袜鞋裤衣帽毯锅灯票券卡车药烫串"

// namesSomebody: the whole clause is a house or somebody, whose order it may be.
func (p *parser) namesSomebody(end int) bool {
	for k := p.i; k < end; k++ {
		if _, n := scanHome(p.s, k); n > 0 {
			return true
		}
	}
	if kind, _ := phraseAt(p.s, p.i); kind == forWord || kind == forEnglish || kind == noteTag || kind == aside || kind == before {
		return true
	}
	n := p.kinAt(p.i)
	if n == 0 {
		_, n = kin().longest(p.s, p.i)
	}
	return n > 0 && p.i+n+2 > end
}
