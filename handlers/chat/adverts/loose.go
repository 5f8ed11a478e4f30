package adverts

import (
	"regexp"
	"slices"
	"strings"
)

// Prices as they are typed in a hurry: without 元, in brackets, in spoken numbers, one thing after another on one line. They are
// written out here, so that what reads the goods finds them; where nothing shows that a number is a price, it is left alone.

const sold = `斤|个|只|袋|盒|箱|份|包|瓶|根|把|条|块|颗|板|罐|桶|提|套|副|棵|枚|尾`

var (
	bracketUnit = regexp.MustCompile(`\((` + sold + `)\)\s*[¥]?(\d{1,5}(?:\.\d{1,2})?)(?:元|块)?`)
	nakedPer    = regexp.MustCompile(`(^|[^\d.*x/~-])(\d{1,3}(?:\.\d{1,2})?)\s*(?:/|一)(` + sold + `)`)
	kindMark    = regexp.MustCompile(`(?m)(?:^|\])\s*([A-Z])款\s*`)
	choice      = regexp.MustCompile(`(?i)(?:任选|任意|随机)\s*\d{1,2}\s*\p{Han}[^,;\n]*|第[二三](?:` + sold + `|件)[^,;\n\d]{0,6}\d{1,5}(?:\.\d{1,2})?(?:元|块|折)?|不[满足](?:的|则)?(?:加收|收|补|付)[^,;\n]*|(?:市面|外面|网上|超市|别家|菜场)上?\D{0,4}\d[^,;\n]{0,8}起|\d{1,3}(?:` + sold + `)(?:起|以上)[: ]*[¥]?\d{1,5}(?:\.\d{1,2})?(?:元|块)?(?:/\p{Han})?|[¥$]\d{1,5}(?:\.\d{1,2})? off(?: each)?|\d{1,2}(?:` + sold + `|件)立?减\d{1,4}(?:元|块)?`)
	oneAfter    = regexp.MustCompile(`(?:元|块)(?:/(?:\p{Han}))?\s+(\p{Han})`)
	priced      = regexp.MustCompile(`^\p{Han}[^,;\n]*?\d(?:\.\d{1,2})?(?:元|块)`)
	noName      = regexp.MustCompile(`^(?:单买|原|市场|市价|门市|专柜|官网|商超|划线|超市|平时|日常|零售|现价|团|拼|到手|特价|价|活动|秒杀|券后|成团|满|限|库存|还剩|仅剩|只有|起|截|每|送|包|再|另|第|两|一|共|合|运费|邮费|押金|定金|顺丰|任选|直降|便宜|比|上次|去年|供货|成本)`)
	hurried     = regexp.MustCompile(`^\s*(\p{Han}[^\d,;:|]{0,12}?)\s*(\d{1,4}(?:斤|片|袋|包|盒|个|只|枚|条|瓶|张|卷|双|块|根|支|罐|抽\d?包?|g|克|kg|ml|寸)装?)?(\s*)(\d{1,4}(?:\.\d{1,2})?)(\s*\((?:原价?|市价|平时)\s*\d{1,5}(?:\.\d{1,2})?\))?\s*[.。]?$`)
	countOnly   = regexp.MustCompile(`^(?:[一二两三四五六七八九十半]+(?:` + sold + `|两|斤)|.*(?:栋|楼|室|号|电话|编号|群|点|月|日|满|限|第|送|减|共|约|近|超过|大概|去年|上次|原价|比))`)
	sizeColon   = regexp.MustCompile(`(?m)^(\s*\p{Han}{2,8}\s*\d{1,5}(?:\.\d)?(?:g|克|kg|ml|斤|枚|只|个|罐|盒|片|袋|包)装?):\s*([¥]?\d{1,5}(?:\.\d{1,2})?(?:元|块))`)
	was         = regexp.MustCompile(`\(原(\d)`)
)

// writtenOut writes hurried prices out.
func writtenOut(text string) string {
	text = choice.ReplaceAllString(text, "\x00")
	text = postSpoken.ReplaceAllStringFunc(text, spokenOut)
	text = bracketUnit.ReplaceAllString(text, " ${2}元/$1")
	text = nakedPer.ReplaceAllString(text, "$1 ${2}元/$3")
	text = was.ReplaceAllString(text, "(原价${1}")
	if len(sizeColon.FindAllStringIndex(text, 2)) > 1 {
		text = sizeColon.ReplaceAllString(text, "$1 $2")
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.Count(l, "|") > 0 && len(postMoney.FindAllStringIndex(l, 2)) > 1 {
			l = strings.ReplaceAll(l, "|", "\n")
		}
		lines[i] = hurriedLine(apart(l))
	}
	return kindMark.ReplaceAllString(strings.Join(lines, "\n"), "\n$1 ")
}

// spokenOut is 3.5元/斤 for 三块五一斤.
func spokenOut(s string) string {
	m := postSpoken.FindStringSubmatch(s)
	n := spokenFen(m[1], m[2])
	if n == 0 {
		return s
	}
	return " " + yuanOf(n) + "元/" + m[3]
}

// apart puts a comma between goods that follow one another on a line: 鲈鱼 22元/条 鳜鱼 45元/斤.
func apart(line string) string {
	at := oneAfter.FindAllStringSubmatchIndex(line, maxLines)
	several := false
	for i, m := range slices.Backward(at) {
		from, to := m[2], len(line)
		if i+1 < len(at) {
			to = at[i+1][3]
		}
		if next := line[from:to]; priced.MatchString(next) && !noName.MatchString(next) {
			line, several = line[:from]+","+line[from:], true
		}
	}
	if all := oneAfter.FindAllStringSubmatchIndex(line, maxLines); several && len(all) > 0 {
		if last := all[len(all)-1][2]; !noName.MatchString(line[last:]) { // what is said behind the last of them is not of it alone
			line = line[:last] + "," + line[last:]
		}
	}
	return line
}

// hurriedLine gives the prices of a list on one line their 元: 手抓饼20片29.9;奶黄包3袋36. A size, a price before or a decimal shows
// that they are prices.
func hurriedLine(line string) string {
	if strings.ContainsAny(line, "元¥$块") && !strings.Contains(line, "(原") {
		return line
	}
	parts := strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' })
	if len(parts) < 2 || len(parts) > maxLines {
		return line
	}
	var list []string
	sure := 0
	for i, p := range parts {
		m := hurried.FindStringSubmatch(p)
		if m == nil || countOnly.MatchString(m[1]+m[2]) || m[2] != "" && m[3] == "" && !strings.ContainsAny(m[4], ".") && len(m[4]) < 2 {
			continue
		}
		if m[2] != "" || m[5] != "" || strings.Contains(m[4], ".") {
			sure++
		}
		parts[i] = m[1] + " " + m[2] + " " + m[4] + "元" + m[5]
		list = append(list, p)
	}
	if len(list) < 2 || sure < 2 {
		return line
	}
	return strings.Join(parts, ",")
}
