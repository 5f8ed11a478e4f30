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
		return append(all, bot.Finding{OK: true, What: "account", Detail: "unverified: answers only", Advice: "不能主动通知，认证的服务号才行 · it cannot speak first; only a verified service account can"})
	}
	token := c.checkToken(ctx)
	all = append(all, token)
	switch {
	case !token.OK:
		return all
	case c.c.Subscription:
		return append(all, bot.Finding{OK: true, What: "account", Detail: "verified subscription: service messages, no templates, codes of its own or login", Advice: "48 小时没说话的人收不到通知，认证的服务号才行 · people silent for 48 h hear nothing; with a verified service account they do"})
	}
	return append(append(all, c.checkTemplates(ctx)...), c.checkNotices(ctx)...)
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

// checkTemplates compares the fields that the settings fill with those that the account's templates have. It asks also where
// the settings name none: whether the account may have templates shows what kind of account it is.
func (c *Channel) checkTemplates(ctx context.Context) []bot.Finding {
	var got struct {
		List []struct {
			ID      string `json:"template_id"`
			Content string `json:"content"`
		} `json:"template_list"`
	}
	if err := c.api.call(ctx, "/cgi-bin/template/get_all_private_template", nil, nil, &got); err != nil {
		f := bot.Finding{What: "templates", Detail: c.api.scrub(err).Error(), Advice: "没看成，再试一次 · they could not be looked at, try again"}
		if codeOf(err) == codeNoAbility {
			f.Advice = "这不是认证的服务号：去认证，或把 wechat_account 设成 subscription 或 unverified · this is no verified service account: verify it, or set wechat_account to subscription or unverified"
		}
		return []bot.Finding{f}
	}
	if len(c.c.Templates) == 0 {
		return []bot.Finding{{What: "templates", Detail: "none set", Advice: "没有模板消息，48 小时没说话的人收不到通知 · without templates people silent for 48 h hear nothing"}}
	}
	content := map[string]string{}
	for _, t := range got.List {
		content[t.ID] = t.Content
	}
	return compared("template", c.c.Templates, content)
}

// checkNotices does the same for subscription notices, whose ids no template message may carry.
func (c *Channel) checkNotices(ctx context.Context) []bot.Finding {
	if len(c.c.Subscribed) == 0 {
		return nil
	}
	var got struct {
		List []struct {
			ID      string `json:"priTmplId"`
			Content string `json:"content"`
		} `json:"data"`
	}
	if err := c.api.call(ctx, "/wxaapi/newtmpl/gettemplate", nil, nil, &got); err != nil {
		return []bot.Finding{{What: "subscriptions", Detail: c.api.scrub(err).Error(), Advice: "公众平台里开通“订阅通知”了吗 · are subscription notices switched on in the console?"}}
	}
	content := map[string]string{}
	for _, t := range got.List {
		content[t.ID] = t.Content
	}
	return compared("subscription", c.c.Subscribed, content)
}

func compared(kind string, set map[string]Template, content map[string]string) []bot.Finding {
	all := make([]bot.Finding, 0, len(set))
	for _, code := range slices.Sorted(maps.Keys(set)) {
		all = append(all, checkTemplate(kind+" "+code, set[code], content))
	}
	return all
}

func checkTemplate(what string, t Template, content map[string]string) bot.Finding {
	f := bot.Finding{What: what, Detail: t.ID}
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
