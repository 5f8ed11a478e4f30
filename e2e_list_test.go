package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// pastes puts a text of several lines into the box and sends it.
func (p *tab) pastes(text string) {
	p.w.t.Helper()
	js, err := json.Marshal(text)
	must(p.w.t, err)
	p.do(chromedp.WaitVisible("#text"), chromedp.Focus("#text"))
	p.until(fmt.Sprintf(`(() => { const box = document.querySelector("#text"); box.value = %s;
		box.dispatchEvent(new Event("input", {bubbles: true})); return true })()`, js), "pasted")
	p.do(chromedp.Click("#say button.main"))
}

// neighbours who are in a list of thirty lines.
var neighbours = strings.Fields("小明 王姐 老周 李娟 赵叔 海燕 芳芳 静水流深 Lily妈妈 平安是福 阿强 阿珍 大刘 三月 圆圆妈 田田 木木 火火 丽丽 大雄 小雨 周姐 秦姐 小吴 老米 Ken Priya 胡同学 陈晨 孙姐")

// listOf writes a list: everybody orders in turn what the wishes say.
func listOf(names []string, change map[string]string) string {
	wishes := []string{"A2", "B1", "A1 B1", "草莓2盒", "葡萄一份 3栋502", "A3"}
	lines := []string{"#接龙", "周末水果团", ""}
	for i, name := range names {
		wish := wishes[i%len(wishes)]
		if other, ok := change[name]; ok {
			wish = other
		}
		lines = append(lines, fmt.Sprintf("%d. %s %s", i+1, name, wish))
	}
	return strings.Join(lines, "\n")
}

// TestAListOfThirtyLinesOnAPhone: a list is pasted into the web chat, and again with changes; what the bot says of it and the
// list that it prints fit on a phone.
func TestAListOfThirtyLinesOnAPhone(t *testing.T) {
	t.Parallel()
	w := startTown(t)
	leader := w.person("lijie", group, 390, 844)
	leader.sees("阳光玫瑰") // the sample deal
	leader.pastes("开团 周末水果团 " + w.nextMinute().Add(7200e9).Format("1月2日15:04") + "截止\nA 葡萄 2斤装 29.9\nB 草莓 39.9元/盒")
	leader.sees("可以吗")
	leader.presses("发布")
	leader.sees("开团了")

	pasted := w.person("xiaoming", group, 390, 844)
	pasted.sees("周末水果团")
	pasted.pastes(listOf(neighbours, nil))
	pasted.sees("30 人")
	pasted.shot("list-first")
	pasted.fits()

	again := append(append([]string{}, neighbours[:24]...), neighbours[25:29]...) // one has vanished
	again = append(again, "梅子", "老吴", "大鹏", "晓晓")                                 // one was overwritten, four are new
	pasted.pastes(listOf(again, map[string]string{"小明": "A3", "李娟": "草莓1盒", "大鹏": "来3斤葡萄", "晓晓": "要"}))
	pasted.sees("这几位不见了：老米")
	pasted.shot("list-again")
	pasted.fits()

	leader.say("接龙")
	leader.sees("是哪个团")
	leader.presses("周末水果团")
	leader.until(`(text => text.lastIndexOf("#接龙") > text.lastIndexOf("没取消，都留着"))(document.body.innerText)`, "got the list back")
	leader.shot("list-printed")
	leader.fits()
}
