package adverts

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tuanbot/handlers/chat/words"
)

// keycap is a number in a picture at the beginning of a line; afterColon a time right behind a mark.
var (
	keycap     = regexp.MustCompile(`(?m)^\s*(\d)\x{FE0F}?\x{20E3}\s*`)
	circled    = regexp.MustCompile(`(?m)^\s*[①-⑳]`)
	between    = regexp.MustCompile(`(\p{Han})\x01+(\p{Han})`) // a picture parts what it stands between
	pieces     = regexp.MustCompile(`(\d)\s*块装`)               // 2块装 are two pieces in a pack, no money
	afterColon = regexp.MustCompile(`(\p{Han}):(\d)`)
)

// simplified are the marks of fields in traditional characters; names stay as they were written.
var simplified = strings.NewReplacer("團購價", "团购价", "團購", "团购", "團價", "团价", "規格", "规格", "原價", "原价", "價格", "价格", "市場價", "市场价", "滿", "满",
	"截單", "截单", "截團", "截团", "時間", "时间", "單位", "单位", "庫存", "库存", "限購", "限购", "標題", "标题", "自提點", "自提点", "送貨", "送货", "貨到", "货到", "開團", "开团",
	"晚上", "晚上", "點", "点", "號", "号", "週", "周", "個", "个", "兩", "两", "後付", "后付", "現貨", "现货", "名稱", "名称", "備註", "备注", "線下", "线下", "【團】", "[团]", "[團]", "[团]")

// tidy makes an advert plain: signs half-width, pictures that only decorate gone, those that mean something in words.
func tidy(text string) string {
	text = keycap.ReplaceAllString(shortRuns(cutRunes(text, maxText)), "$1. ")
	text = circled.ReplaceAllStringFunc(text, func(s string) string {
		n, _ := utf8.DecodeLastRuneInString(s)
		return strconv.Itoa(int(n-'①')+1) + ". "
	})
	text = strings.NewReplacer("。", "。 ", "£", "¥", "€", "¥").Replace(text) // 149。10件起 is no 149.10
	text = simplified.Replace(cutRunes(words.Tidy(text), maxText))
	text = pieces.ReplaceAllString(text, "${1}个装")
	text = afterColon.ReplaceAllString(text, "$1: $2")
	var sb strings.Builder
	for _, c := range text {
		switch {
		case c == '⏰' || c == '⌛':
			sb.WriteString(" ")
		case c == '📍' || c == '🏠':
			sb.WriteString(" ")
		case c == '💰':
			sb.WriteString(" ")
		case decorates(c):
			sb.WriteByte('\x01')
		default:
			sb.WriteRune(c)
		}
	}
	return strings.ReplaceAll(between.ReplaceAllString(sb.String(), "$1,$2"), "\x01", " ")
}

// shortRuns cuts what is the same sign again and again.
func shortRuns(s string) string {
	var last rune
	run := 0
	return strings.Map(func(c rune) rune {
		if c != last {
			last, run = c, 0
		}
		if run++; run > maxRun {
			return -1
		}
		return c
	}, s)
}

// decorates reports pictures and signs that say nothing.
func decorates(c rune) bool {
	return c >= 0x1F000 && c <= 0x1FAFF || c >= 0x2190 && c <= 0x2BFF && (c < 0x2460 || c > 0x24FF) || c == '★' || c == '!' || c == '~'
}
