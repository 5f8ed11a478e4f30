package configs

// The settings of the channels. Each channel is on when its first setting is given.

const mostAgents = 1 << 30

func telegramRows() []Setting {
	return []Setting{
		{
			Name: "telegram_token", Default: "", Secret: true,
			Meaning:   "Telegram: the token that BotFather gave. Empty: no Telegram.",
			MeaningZH: "Telegram：BotFather 给的 token。留空则不开 Telegram。",
			field: func(s *Settings) value {
				return secret(&s.Telegram.Token, matches(botToken, "does not look like a token from BotFather, 123456:ABC…"))
			},
		},
		{
			Name: "telegram_webhook_secret", Default: "", Secret: true,
			Meaning:   "Telegram: what deliveries must carry, 1-256 of A-Z a-z 0-9 _ -. Empty: made from the token.",
			MeaningZH: "Telegram：推送请求必须带的口令，1-256 个 A-Z a-z 0-9 _ -。留空则由 token 生成。",
			field: func(s *Settings) value {
				return secret(&s.Telegram.WebhookSecret, matches(hookSecret, "must be 1-256 of A-Z a-z 0-9 _ -"))
			},
		},
		{
			Name: "telegram_mode", Default: "auto",
			Meaning:   "Telegram: poll asks for news, webhook lets Telegram deliver to public_url; auto takes the webhook when public_url is https.",
			MeaningZH: "Telegram：poll 主动去取，webhook 由 Telegram 推送到 public_url；auto 在 public_url 是 https 时用 webhook。",
			field:     func(s *Settings) value { return oneOf(&s.Telegram.Mode, "auto", "poll", "webhook") },
		},
		{
			Name: "telegram_api", Default: "",
			Meaning:   "Telegram: address of the Bot API, for a server of one's own. Empty: Telegram's.",
			MeaningZH: "Telegram：Bot API 地址，自建服务器时填。留空则用官方的。",
			field:     func(s *Settings) value { return text(&s.Telegram.API, checkPublicURL) },
		},
	}
}

func wechatRows() []Setting {
	return append([]Setting{
		{
			Name: "wechat_app_id", Default: "",
			Meaning:   "WeChat official account: AppID. Empty: no official account.",
			MeaningZH: "微信公众号：AppID。留空则不开公众号。",
			field: func(s *Settings) value {
				return text(&s.WeChat.AppID, optional(matches(plainWord, "is not an AppID such as wx0123456789abcdef")))
			},
		},
		{
			Name: "wechat_app_secret", Default: "", Secret: true,
			Meaning:   "WeChat official account: AppSecret.",
			MeaningZH: "微信公众号：AppSecret。",
			field: func(s *Settings) value {
				return secret(&s.WeChat.AppSecret, matches(plainWord, "must be the letters and digits of the console"))
			},
		},
		{
			Name: "wechat_account", Default: AccountService,
			Meaning:   "WeChat official account: service (verified, everything works; the test account too), subscription (verified, no templates), unverified (answers only).",
			MeaningZH: "微信公众号类型：service 已认证服务号（功能齐全，测试号也填它），subscription 已认证订阅号（没有模板消息），unverified 未认证（只能回复）。",
			field: func(s *Settings) value {
				return oneOf(&s.WeChat.Account, AccountService, AccountSubscription, AccountUnverified)
			},
		},
		{
			Name: "wechat_templates", Default: "",
			Meaning:   "WeChat official account: template messages by notice, a section of the settings file or JSON: {formed: {id: TEMPLATE, fields: {thing1: title, amount2: amount}}}.",
			MeaningZH: "微信公众号：各种通知用的模板消息，写成设置文件里的一段或 JSON：{formed: {id: 模板ID, fields: {thing1: title, amount2: amount}}}。",
			field:     func(s *Settings) value { return templates(&s.WeChat.Templates) },
		},
		{
			Name: "wechat_subscriptions", Default: "",
			Meaning:   "WeChat official account: subscription notices by notice, written like wechat_templates.",
			MeaningZH: "微信公众号：各种通知用的订阅通知，写法同 wechat_templates。",
			field:     func(s *Settings) value { return templates(&s.WeChat.Subscriptions) },
		},
		{
			Name: "wechat_menu", Default: "在开的团=团购 | 我的订单=我的订单 | 帮助=帮助",
			Meaning:   "WeChat official account: the menu that `tuanbot menu` sets: name=words, as if a person typed them, or name=https://…; with | between, and group/name=… for entries below a group.",
			MeaningZH: "微信公众号：`tuanbot menu` 设置的自定义菜单，写成 名称=要发的话 或 名称=https://…，用 | 分开；二级菜单写成 组名/名称=…。",
			field:     func(s *Settings) value { return text(&s.WeChat.Menu, checkMenu) },
		},
		{
			Name: "wechat_api", Default: "",
			Meaning:   "WeChat: address of the interface. Empty: the platform's.",
			MeaningZH: "微信：接口地址。留空则用官方的。",
			field:     func(s *Settings) value { return text(&s.WeChat.API, checkPublicURL) },
		},
	}, wechatCallRows()...)
}

func wechatCallRows() []Setting {
	return []Setting{
		{
			Name: "wechat_token", Default: "", Secret: true,
			Meaning:   "WeChat official account: the token of the callback, as typed into the console.",
			MeaningZH: "微信公众号：服务器配置里填的 Token。",
			field: func(s *Settings) value {
				return secret(&s.WeChat.Token, matches(callToken, "must be 3-32 letters and digits"))
			},
		},
		{
			Name: "wechat_aes_key", Default: "", Secret: true,
			Meaning:   "WeChat official account: EncodingAESKey, 43 letters and digits.",
			MeaningZH: "微信公众号：EncodingAESKey，43 个字母数字。",
			field: func(s *Settings) value {
				return secret(&s.WeChat.AESKey, matches(aesKey, "must be 43 letters and digits"))
			},
		},
		{
			Name: "wechat_previous_aes_key", Default: "", Secret: true,
			Meaning:   "WeChat official account: the key before the last change, still accepted while the new one spreads.",
			MeaningZH: "微信公众号：更换前的 EncodingAESKey，换钥期间仍然接受。",
			field: func(s *Settings) value {
				return secret(&s.WeChat.PreviousAESKey, matches(aesKey, "must be 43 letters and digits"))
			},
		},
		{
			Name: "wechat_allow_plain", Default: "false",
			Meaning:   "WeChat official account: take callbacks that are not encrypted; for a first try only, whoever sees one can forge more.",
			MeaningZH: "微信公众号：接受不加密的消息；只为试用，看到一条的人就能伪造更多。",
			field:     func(s *Settings) value { return onOff(&s.WeChat.AllowPlain) },
		},
	}
}

func wecomRows() []Setting {
	key := matches(aesKey, "must be 43 letters and digits")
	token := matches(callToken, "must be 3-32 letters and digits")
	word := matches(plainWord, "must be the letters and digits of the console")
	return []Setting{
		{
			Name: "wecom_corp_id", Default: "",
			Meaning:   "WeCom: the company's id. Empty, and no robot: no WeCom.",
			MeaningZH: "企业微信：企业 ID。留空且没有群机器人则不开企业微信。",
			field: func(s *Settings) value {
				return text(&s.WeCom.CorpID, optional(matches(plainWord, "is not the id of a company such as ww0123456789abcdef")))
			},
		},
		{
			Name: "wecom_agent_id", Default: "0",
			Meaning:   "WeCom app: its AgentId.",
			MeaningZH: "企业微信自建应用：AgentId。",
			field:     func(s *Settings) value { return whole(&s.WeCom.AgentID, 0, mostAgents) },
		},
		wecomSecret("wecom_app_secret", "WeCom app: its secret.", "企业微信自建应用：Secret。", word, func(s *Settings) *Secret { return &s.WeCom.AppSecret }),
		wecomSecret("wecom_token", "WeCom app: the token of its callback.", "企业微信自建应用：接收消息的 Token。", token, func(s *Settings) *Secret { return &s.WeCom.Token }),
		wecomSecret("wecom_aes_key", "WeCom app: the EncodingAESKey of its callback.", "企业微信自建应用：接收消息的 EncodingAESKey。", key, func(s *Settings) *Secret { return &s.WeCom.AESKey }),
		wecomSecret("wecom_robots", "WeCom group robots: name=key, name=key; the key stands in the robot's address.", "企业微信群机器人：名字=key, 名字=key；key 在机器人的地址里。",
			checkRobots, func(s *Settings) *Secret { return &s.WeCom.Robots }),
		wecomSecret("wecom_kf_secret", "WeCom customer service: its secret.", "微信客服：Secret。", word, func(s *Settings) *Secret { return &s.WeCom.KFSecret }),
		wecomSecret("wecom_kf_token", "WeCom customer service: the token of its callback.", "微信客服：回调的 Token。", token, func(s *Settings) *Secret { return &s.WeCom.KFToken }),
		wecomSecret("wecom_kf_aes_key", "WeCom customer service: the EncodingAESKey of its callback.", "微信客服：回调的 EncodingAESKey。", key, func(s *Settings) *Secret { return &s.WeCom.KFAESKey }),
		wecomSecret("wecom_bot_token", "WeCom AI bot: the token of its callback.", "企业微信智能机器人：回调的 Token。", token, func(s *Settings) *Secret { return &s.WeCom.BotToken }),
		wecomSecret("wecom_bot_aes_key", "WeCom AI bot: the EncodingAESKey of its callback.", "企业微信智能机器人：回调的 EncodingAESKey。", key, func(s *Settings) *Secret { return &s.WeCom.BotAESKey }),
		wecomSecret("wecom_contact_secret", "WeCom customer contact: its secret, for group tasks and join-group codes.", "企业微信客户联系：Secret，用于群发任务和进群码。", word, func(s *Settings) *Secret { return &s.WeCom.ContactSecret }),
		{
			Name: "wecom_api", Default: "",
			Meaning:   "WeCom: address of the interface. Empty: the platform's.",
			MeaningZH: "企业微信：接口地址。留空则用官方的。",
			field:     func(s *Settings) value { return text(&s.WeCom.API, checkPublicURL) },
		},
	}
}

func wecomSecret(name, meaning, zh string, check func(string) error, at func(*Settings) *Secret) Setting {
	return Setting{Name: name, Secret: true, Meaning: meaning, MeaningZH: zh, field: func(s *Settings) value { return secret(at(s), check) }}
}
