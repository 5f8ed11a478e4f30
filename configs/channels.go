package configs

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
)

// Telegram says how we are a bot there.
type Telegram struct {
	Token         Secret
	WebhookSecret Secret
	Mode          string // auto, poll or webhook
	API           string
}

// IsSet tells whether the channel is wanted.
func (t Telegram) IsSet() bool { return t.Token.IsSet() }

// The kinds of official account.
const (
	AccountService      = "service"
	AccountSubscription = "subscription"
	AccountUnverified   = "unverified"
)

// Template says how a kind of notice fills a template of the platform: the template's id, and for each of its fields the
// fact that goes there ("title", "amount", …), or fixed words after an equals sign.
type Template struct {
	ID     string
	Fields map[string]string
}

// WeChat says which official account we are.
type WeChat struct {
	AppID          string
	AppSecret      Secret
	Token          Secret
	AESKey         Secret
	PreviousAESKey Secret
	AllowPlain     bool
	Account        string
	Templates      map[string]Template
	Subscriptions  map[string]Template
	Menu           string
	API            string
}

// MenuEntry is one line of a menu: what it is called, what it sends or opens, and the group it stands in ("" for none).
type MenuEntry struct{ Group, Name, Does string }

// MenuEntries are the menu as the settings write it.
func (w WeChat) MenuEntries() []MenuEntry {
	entries, _ := menuEntries(w.Menu) // was checked when it was read
	return entries
}

func checkMenu(s string) error {
	_, err := menuEntries(s)
	return err
}

func menuEntries(s string) ([]MenuEntry, error) {
	var all []MenuEntry
	for one := range strings.SplitSeq(s, "|") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		name, does, ok := strings.Cut(one, "=")
		group, below, grouped := strings.Cut(name, "/")
		if !grouped {
			group, below = "", name
		}
		e := MenuEntry{Group: strings.TrimSpace(group), Name: strings.TrimSpace(below), Does: strings.TrimSpace(does)}
		if !ok || e.Name == "" || e.Does == "" || grouped && e.Group == "" {
			return nil, fmt.Errorf("%q is not name=words", one)
		}
		all = append(all, e)
	}
	return all, nil
}

// IsSet tells whether the channel is wanted.
func (w WeChat) IsSet() bool { return w.AppID != "" }

// WeCom says which company and which of its apps we are.
type WeCom struct {
	CorpID        string
	AgentID       int
	AppSecret     Secret
	Token         Secret
	AESKey        Secret
	Robots        Secret // "name=key, name=key"
	KFSecret      Secret
	KFToken       Secret
	KFAESKey      Secret
	BotToken      Secret
	BotAESKey     Secret
	ContactSecret Secret
	API           string
}

// IsSet tells whether any part of the channel is wanted.
func (w WeCom) IsSet() bool { return w.CorpID != "" || w.Robots.IsSet() || w.BotToken.IsSet() }

// RobotKeys are the keys of the group robots by the names that the operator gave them.
func (w WeCom) RobotKeys() map[string]Secret {
	keys := map[string]Secret{}
	for name, key := range pairs(w.Robots.Reveal()) {
		keys[name] = NewSecret(key)
	}
	return keys
}

// pairs reads "name=key, name=key".
func pairs(s string) map[string]string {
	found := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		if name, value, ok := strings.Cut(part, "="); ok {
			found[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return found
}

var (
	botToken   = regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{3,}$`)
	hookSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	aesKey     = regexp.MustCompile(`^[A-Za-z0-9]{43}$`)
	callToken  = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
	plainWord  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// matches makes a check of a shape; the error never repeats the value, which may be a secret.
func matches(shape *regexp.Regexp, says string) func(string) error {
	return func(s string) error {
		if !shape.MatchString(s) {
			return errors.New(says)
		}
		return nil
	}
}

func checkRobots(s string) error {
	want := 0
	for part := range strings.SplitSeq(s, ",") {
		if name, key, ok := strings.Cut(part, "="); !ok || strings.TrimSpace(name) == "" || !plainWord.MatchString(strings.TrimSpace(key)) {
			return errors.New("must look like name=key, name=key; the key is what stands after key= in the robot's address")
		}
		want++
	}
	if len(pairs(s)) != want {
		return errors.New("names a robot twice")
	}
	return nil
}

type templatesValue struct{ at *map[string]Template }

func templates(at *map[string]Template) value { return templatesValue{at} }

// String says only how many there are: the value is long, and a file shows it better.
func (v templatesValue) String() string {
	if len(*v.at) == 0 {
		return ""
	}
	return fmt.Sprintf("(%d)", len(*v.at))
}

// Set reads JSON or YAML: {formed: {id: …, fields: {thing1: title}}}.
func (v templatesValue) Set(s string) error {
	if s == "" {
		*v.at = nil
		return nil
	}
	raw, err := yaml.Parser().Unmarshal([]byte(s))
	if err != nil {
		return errors.New("is neither JSON nor YAML such as {formed: {id: …, fields: {thing1: title}}}")
	}
	found := map[string]Template{}
	for code, one := range raw {
		t, err := templateOf(one)
		if err != nil {
			return fmt.Errorf("%s: %w", code, err)
		}
		found[code] = t
	}
	*v.at = found
	return nil
}

func templateOf(raw any) (Template, error) {
	m, ok := raw.(map[string]any)
	if !ok {
		return Template{}, errors.New("must have an id and fields")
	}
	t := Template{Fields: map[string]string{}}
	for key, v := range m {
		switch key {
		case "id":
			t.ID = fmt.Sprint(v)
		case "fields":
			fields, ok := v.(map[string]any)
			if !ok {
				return t, errors.New("fields must be names with a fact each, such as thing1: title")
			}
			for name, fact := range fields {
				t.Fields[name] = fmt.Sprint(fact)
			}
		default:
			return t, fmt.Errorf("has an id and fields, no %s", key)
		}
	}
	if t.ID == "" || len(t.Fields) == 0 {
		return t, errors.New("must have an id and fields")
	}
	return t, nil
}

// channelConflicts finds channels that are only half set up.
func (s Settings) channelConflicts() []string {
	found := append(s.telegramConflicts(), s.wechatConflicts()...)
	return append(found, s.wecomConflicts()...)
}

func (s Settings) telegramConflicts() []string {
	var found []string
	if !s.Telegram.IsSet() && s.Telegram.WebhookSecret.IsSet() {
		found = append(found, "telegram_token: is missing, though telegram_webhook_secret is given")
	}
	if s.Telegram.Mode == "webhook" && !s.Secure() {
		found = append(found, "telegram_mode: webhook needs a public_url that starts with https://")
	}
	return found
}

// need says which settings are missing beside one that is given.
type need struct {
	name  string
	given bool
}

func missing(because string, needs ...need) []string {
	var found []string
	for _, n := range needs {
		if !n.given {
			found = append(found, n.name+": is missing, though "+because+" is given")
		}
	}
	return found
}

// given names the first of several settings that is given.
func given(needs ...need) string {
	for _, n := range needs {
		if n.given {
			return n.name
		}
	}
	return ""
}

func (s Settings) wechatConflicts() []string {
	w := s.WeChat
	id := need{"wechat_app_id", w.AppID != ""}
	secret, token := need{"wechat_app_secret", w.AppSecret.IsSet()}, need{"wechat_token", w.Token.IsSet()}
	key := need{"wechat_aes_key", w.AESKey.IsSet()}
	because := given(id, secret, token, key)
	if because == "" {
		return nil
	}
	needs := []need{id, token}
	if w.Account != AccountUnverified {
		needs = append(needs, secret)
	}
	if !w.AllowPlain {
		needs = append(needs, key)
	}
	found := missing(because, needs...)
	if w.Account != AccountService && len(w.Templates)+len(w.Subscriptions) > 0 {
		found = append(found, "wechat_templates: only a verified service account may send them; set wechat_account to service or leave them out")
	}
	if w.PreviousAESKey.IsSet() && !w.AESKey.IsSet() {
		found = append(found, "wechat_previous_aes_key: stands beside wechat_aes_key, never alone")
	}
	return found
}

func (s Settings) wecomConflicts() []string {
	w := s.WeCom
	corp := need{"wecom_corp_id", w.CorpID != ""}
	agent, secret := need{"wecom_agent_id", w.AgentID != 0}, need{"wecom_app_secret", w.AppSecret.IsSet()}
	token, key := need{"wecom_token", w.Token.IsSet()}, need{"wecom_aes_key", w.AESKey.IsSet()}
	var found []string
	if because := given(agent, secret, token, key); because != "" {
		found = append(found, missing(because, corp, agent, secret, token, key)...)
	}
	kf := []need{{"wecom_kf_secret", w.KFSecret.IsSet()}, {"wecom_kf_token", w.KFToken.IsSet()}, {"wecom_kf_aes_key", w.KFAESKey.IsSet()}}
	if because := given(kf...); because != "" {
		found = append(found, missing(because, append(kf, corp)...)...)
	}
	bot := []need{{"wecom_bot_token", w.BotToken.IsSet()}, {"wecom_bot_aes_key", w.BotAESKey.IsSet()}}
	if because := given(bot...); because != "" {
		found = append(found, missing(because, bot...)...)
	}
	if w.ContactSecret.IsSet() {
		found = append(found, missing("wecom_contact_secret", corp)...)
	}
	return found
}
