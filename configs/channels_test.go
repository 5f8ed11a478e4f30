package configs_test

import (
	"strings"
	"testing"

	"tuanbot/configs"
)

// canary is a secret that no answer may repeat.
const canary = "hunter2"

func TestHalfAChannelIsReportedTogether(t *testing.T) {
	t.Parallel()
	got := strings.Join(problems(t, configs.Sources{Environ: []string{
		"TUANBOT_TELEGRAM_MODE=webhook", "TUANBOT_TELEGRAM_WEBHOOK_SECRET=" + canary, "TUANBOT_WECHAT_APP_ID=wx1", "TUANBOT_WECHAT_ACCOUNT=subscription",
		"TUANBOT_WECHAT_TEMPLATES={formed: {id: T, fields: {thing1: title}}}", "TUANBOT_WECOM_AGENT_ID=7", "TUANBOT_WECOM_KF_SECRET=" + canary,
		"TUANBOT_WECOM_BOT_TOKEN=" + canary, "TUANBOT_WECOM_CONTACT_SECRET=" + canary, "TUANBOT_LISTEN=nowhere",
	}}), "\n")
	for _, want := range []string{
		"telegram_token: is missing, though telegram_webhook_secret", "telegram_mode: webhook needs a public_url", "wechat_app_secret: is missing, though wechat_app_id",
		"wechat_token: is missing", "wechat_aes_key: is missing", "wechat_templates: only a verified service account", "wecom_corp_id: is missing, though wecom_agent_id",
		"wecom_app_secret: is missing", "wecom_token: is missing", "wecom_aes_key: is missing", "wecom_kf_token: is missing, though wecom_kf_secret",
		"wecom_kf_aes_key: is missing", "wecom_bot_aes_key: is missing, though wecom_bot_token", "wecom_corp_id: is missing, though wecom_contact_secret", `"nowhere"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not reported in:\n%s", want, got)
		}
	}
	if strings.Contains(got, canary) {
		t.Errorf("a secret is repeated in:\n%s", got)
	}
}

func TestWrongShapesOfSecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	var environ []string
	for _, row := range configs.Table() {
		if row.Secret {
			environ = append(environ, row.Env()+"=/"+canary+" /")
		}
	}
	got := strings.Join(problems(t, configs.Sources{Environ: environ}), "\n")
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.Contains(got, name) {
			t.Errorf("%s took what it cannot be", name)
		}
	}
	if strings.Contains(got, canary) {
		t.Errorf("a secret is repeated in:\n%s", got)
	}
}

func TestChannelsAreRead(t *testing.T) {
	t.Parallel()
	aes := strings.Repeat("a1", 21) + "Z"
	file := write(t, "tuanbot.yaml", `
telegram_token: 123:abc
wechat_app_id: wx1
wechat_app_secret_file: `+write(t, "secret", canary+"\n")+`
wechat_token: token1
wechat_aes_key: `+aes+`
wechat_templates:
  formed:
    id: TM-1
    fields:
      thing1: title
      amount2: amount
wecom_robots: "三号楼=k-1, 五号楼=k-2"
`)
	s := load(t, configs.Sources{File: file, Environ: []string{`TUANBOT_WECHAT_SUBSCRIPTIONS={"arrived":{"id":"S","fields":{"time1":"deadline"}}}`}})
	if !s.Telegram.IsSet() || s.Telegram.Mode != "auto" || !s.WeChat.IsSet() || s.WeChat.AppSecret.Reveal() != canary || !s.WeCom.IsSet() {
		t.Errorf("channels are %+v %+v", s.Telegram, s.WeChat)
	}
	if f := s.WeChat.Templates["formed"]; f.ID != "TM-1" || f.Fields["thing1"] != "title" || f.Fields["amount2"] != "amount" {
		t.Errorf("templates are %+v", s.WeChat.Templates)
	}
	if f := s.WeChat.Subscriptions["arrived"]; f.ID != "S" || f.Fields["time1"] != "deadline" {
		t.Errorf("subscriptions are %+v", s.WeChat.Subscriptions)
	}
	if keys := s.WeCom.RobotKeys(); len(keys) != 2 || keys["五号楼"].Reveal() != "k-2" {
		t.Errorf("robots are %v", keys)
	}
	shown := s.Redacted()
	for _, leak := range []string{canary, "123:abc", "k-1", aes, "token1"} {
		if strings.Contains(shown, leak) {
			t.Errorf("%q shows in:\n%s", leak, shown)
		}
	}
	if !strings.Contains(shown, "wechat_templates: \"(1)\"") && !strings.Contains(shown, "wechat_templates: (1)") {
		t.Errorf("templates are not shown in:\n%s", shown)
	}
	if plain := load(t, configs.Sources{}); plain.Telegram.IsSet() || plain.WeChat.IsSet() || plain.WeCom.IsSet() {
		t.Error("a channel is on though nothing is given")
	}
}

func TestTemplatesThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no fields": "{formed: {id: T}}", "no id": "{formed: {fields: {thing1: title}}}", "a word": "{formed: T}", "more": "{formed: {id: T, fields: {a: b}, colour: red}}",
		"fields a list": "{formed: {id: T, fields: [a]}}", "no yaml": "{formed: ",
	} {
		if got := problems(t, configs.Sources{Environ: []string{"TUANBOT_WECHAT_TEMPLATES=" + text}}); len(got) != 1 || !strings.Contains(got[0], "TUANBOT_WECHAT_TEMPLATES") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
