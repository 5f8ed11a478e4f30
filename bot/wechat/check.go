package wechat

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tuanbot/bot"
)

// Check looks whether the account can do what the settings ask of it. It sends nothing to anybody.
func (c *Channel) Check(ctx context.Context) []bot.Finding {
	all := []bot.Finding{c.checkSeal(), c.checkPages()}
	if c.c.Passive {
		return append(all, bot.Finding{What: "account", Detail: "answers only, no interfaces", Advice: "认证的服务号才能主动通知 · only a verified service account can speak first"})
	}
	token := c.checkToken(ctx)
	all = append(all, token)
	if !token.OK {
		return all
	}
	return append(all, c.checkTemplates(ctx)...)
}

func (c *Channel) checkSeal() bot.Finding {
	f := bot.Finding{OK: c.c.AESKey != "" && !c.c.AllowPlain, What: "callback", Detail: "secure mode"}
	if !f.OK {
		f.Detail = "plain callbacks are accepted"
		f.Advice = "公众平台选“安全模式”，填好 AES key，关掉 allow_plain · choose secure mode in the console, set the AES key, switch allow_plain off"
	}
	return f
}

func (c *Channel) checkPages() bot.Finding {
	f := bot.Finding{OK: strings.HasPrefix(c.c.PublicURL, "https://"), What: "public address", Detail: c.c.PublicURL}
	if !f.OK {
		f.Advice = "回调、登录和分享都要 https 公网地址 · callbacks, login and share cards need a public https address"
	}
	return f
}

func (c *Channel) checkToken(ctx context.Context) bot.Finding {
	_, err := c.api.tokens.take(ctx)
	if err == nil {
		return bot.Finding{OK: true, What: "access token", Detail: "granted"}
	}
	f := bot.Finding{What: "access token", Detail: c.api.scrub(err).Error(), Advice: "核对 AppID、AppSecret，看网络能否访问微信 · check AppID, AppSecret and the way to the platform"}
	switch codeOf(err) {
	case codeIP:
		f.Advice = "把上面这个 IP 加进公众平台的 IP 白名单 · add the address named above to the IP list in the console"
	case 40013:
		f.Advice = "AppID 不对 · the AppID is wrong"
	case 40125, 40001:
		f.Advice = "AppSecret 不对或已重置 · the AppSecret is wrong or was reset"
	}
	return f
}

// checkTemplates compares the fields that the settings fill with those that the account's templates have.
func (c *Channel) checkTemplates(ctx context.Context) []bot.Finding {
	if len(c.c.Templates) == 0 {
		return []bot.Finding{{What: "templates", Detail: "none set", Advice: "没有模板消息，48 小时没说话的人收不到通知 · without templates people silent for 48 h hear nothing"}}
	}
	var got struct {
		List []struct {
			ID      string `json:"template_id"`
			Content string `json:"content"`
		} `json:"template_list"`
	}
	if err := c.api.call(ctx, "/cgi-bin/template/get_all_private_template", nil, nil, &got); err != nil {
		return []bot.Finding{{What: "templates", Detail: c.api.scrub(err).Error(), Advice: "认证的服务号才有模板消息 · only a verified service account has templates"}}
	}
	content := map[string]string{}
	for _, t := range got.List {
		content[t.ID] = t.Content
	}
	all := make([]bot.Finding, 0, len(c.c.Templates))
	for _, code := range slices.Sorted(maps.Keys(c.c.Templates)) {
		all = append(all, checkTemplate(code, c.c.Templates[code], content))
	}
	return all
}

func checkTemplate(code string, t Template, content map[string]string) bot.Finding {
	f := bot.Finding{What: "template " + code, Detail: t.ID}
	text, there := content[t.ID]
	if !there {
		f.Advice = "公众平台里没有这个模板 ID · the account has no template with this id"
		return f
	}
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		if fieldRules[fieldKind(name)] == nil || !strings.Contains(text, "{{"+name+".DATA}}") {
			wrong = append(wrong, name)
		}
	}
	missing := strings.Count(text, ".DATA}}") - len(t.Fields)
	switch {
	case len(wrong) > 0:
		f.Advice = fmt.Sprintf("模板里没有这些字段 · the template lacks the fields: %s", strings.Join(wrong, ", "))
	case missing > 0:
		f.Advice = fmt.Sprintf("模板还有 %d 个字段没填 · %d more fields of the template are not filled", missing, missing)
	default:
		f.OK = true
	}
	return f
}
