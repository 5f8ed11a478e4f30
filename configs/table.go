package configs

import "strings"

// Prefix stands before the name of every setting in the environment.
const Prefix = "TUANBOT_"

// Setting describes one row of the table that the settings file, the environment, the flags, the example file and the
// README are all made from.
type Setting struct {
	Name      string
	Default   string
	Meaning   string
	MeaningZH string
	Secret    bool

	field func(*Settings) value
}

// Env returns the name of the setting in the environment.
func (s Setting) Env() string { return Prefix + strings.ToUpper(s.Name) }

// Flag returns the name of the setting on the command line. A secret has none of its own there, since anyone on the
// machine can read a command line: it is given as a file.
func (s Setting) Flag() string {
	name := s.Name
	if s.Secret {
		name += fileSuffix
	}
	return strings.ReplaceAll(name, "_", "-")
}

// IsSwitch tells whether the setting is either on or off.
func (s Setting) IsSwitch() bool {
	_, ok := s.field(&Settings{}).(switchValue)
	return ok
}

// IsSection tells whether the setting may be a whole section of the settings file.
func (s Setting) IsSection() bool {
	_, ok := s.field(&Settings{}).(templatesValue)
	return ok
}

// Table returns every setting in the order in which people read about them.
func Table() []Setting { return table() }

func table() []Setting {
	rows := doorRows()
	rows = append(rows, storeRows()...)
	rows = append(rows, playRows()...)
	rows = append(rows, dealRows()...)
	rows = append(rows, telegramRows()...)
	rows = append(rows, wechatRows()...)
	rows = append(rows, wecomRows()...)
	return append(rows, runRows()...)
}

func doorRows() []Setting {
	return []Setting{
		{
			Name: "listen", Default: "127.0.0.1:8080",
			Meaning:   "Address of the pages and the web chat, host:port.",
			MeaningZH: "网页和内置聊天的监听地址，主机:端口。",
			field:     func(s *Settings) value { return text(&s.Listen, checkAddress) },
		},
		{
			Name: "lan", Default: "false",
			Meaning:   "Serve phones in the same network too: a local listen address opens on every interface, and a QR code is printed at start.",
			MeaningZH: "让同一网络里的手机也能打开：本机地址改为监听所有网卡，启动时打印二维码。",
			field:     func(s *Settings) value { return onOff(&s.LAN) },
		},
		{
			Name: "public_url", Default: "",
			Meaning:   "Address under which people reach the pages, such as https://tuan.example.org; links and QR codes carry it. Empty: the listen address.",
			MeaningZH: "大家访问时用的网址，如 https://tuan.example.org，写进链接和二维码。留空则用监听地址。",
			field:     func(s *Settings) value { return text(&s.PublicURL, checkPublicURL) },
		},
		{
			Name: "trusted_proxies", Default: "",
			Meaning:   "Addresses or networks of your own proxies, with commas, such as 10.0.0.0/8; only from them is X-Forwarded-For believed. Without it everybody behind a proxy shares one limit.",
			MeaningZH: "自己的反向代理的地址或网段，用逗号分开，如 10.0.0.0/8；只相信它们给的 X-Forwarded-For。不填时代理后面的人共用一份限额。",
			field:     func(s *Settings) value { return text(&s.TrustedProxies, checkNetworks) },
		},
		{
			Name: "metrics_listen", Default: "127.0.0.1:9090",
			Meaning:   "Address of /metrics, never the one of the pages. Empty: off.",
			MeaningZH: "/metrics 的监听地址，不能与网页相同。留空则关闭。",
			field:     func(s *Settings) value { return text(&s.MetricsListen, optional(checkAddress)) },
		},
	}
}

func storeRows() []Setting {
	return []Setting{
		{
			Name: "data_dir", Default: "./data",
			Meaning:   "Folder of the embedded database, the generated key and back-ups.",
			MeaningZH: "内置数据库、自动生成的密钥和备份所在的文件夹。",
			field:     func(s *Settings) value { return text(&s.DataDir, checkNotEmpty) },
		},
		{
			Name: "database_url", Default: "", Secret: true,
			Meaning:   "MySQL or MariaDB: mysql://user:password@host:port/name or mysql://user@unix(/path.sock)/name, with ?tls=true when it is far away. Empty: SQLite in data_dir.",
			MeaningZH: "MySQL 或 MariaDB：mysql://用户:密码@主机:端口/库名，或 mysql://用户@unix(/路径.sock)/库名；不在本机时加 ?tls=true。留空则用 data_dir 里的 SQLite。",
			field:     func(s *Settings) value { return secret(&s.DatabaseURL, checkDatabaseURL) },
		},
		{
			Name: "database_connections", Default: "64",
			Meaning:   "Most connections to MySQL or MariaDB of one copy of the program.",
			MeaningZH: "每个程序副本到 MySQL/MariaDB 的最大连接数。",
			field:     func(s *Settings) value { return whole(&s.DatabaseConnections, 4, 1000) },
		},
		{
			Name: "redis_url", Default: "", Secret: true,
			Meaning:   "Redis 7 or newer: redis://host:6379/0, rediss:// for TLS, unix:///path.sock. Empty: a small one inside the program, which is right for one copy.",
			MeaningZH: "Redis 7 以上：redis://主机:6379/0，TLS 用 rediss://，本机套接字用 unix:///路径.sock。留空则用程序内置的，适合只跑一个副本。",
			field:     func(s *Settings) value { return secret(&s.RedisURL, checkRedisURL) },
		},
		{
			Name: "migrate", Default: "false",
			Meaning:   "Bring a MySQL or MariaDB schema up to date at start (SQLite always does); otherwise run the migrate command first.",
			MeaningZH: "启动时升级 MySQL/MariaDB 的表结构（SQLite 总会升级）；不开则先运行 migrate 命令。",
			field:     func(s *Settings) value { return onOff(&s.Migrate) },
		},
		{
			Name: "master_key", Default: "", Secret: true,
			Meaning:   "32 random bytes as 64 hex digits or base64; signs links and encrypts addresses, and every copy needs the same one. Empty: made at the first start and kept in data_dir/master.key.",
			MeaningZH: "32 个随机字节（64 位十六进制或 base64）；用来签链接、加密地址，各副本必须相同。留空则首次启动时生成，存到 data_dir/master.key。",
			field:     func(s *Settings) value { return secret(&s.MasterKey, checkKey) },
		},
	}
}

func playRows() []Setting {
	return []Setting{
		{
			Name: "sample", Default: "true",
			Meaning:   "Fill an empty database with a sample community that can be tried out at once.",
			MeaningZH: "数据库为空时，放进一个可以马上试用的示例小区。",
			field:     func(s *Settings) value { return onOff(&s.Sample) },
		},
		{
			Name: "sandbox", Default: "true",
			Meaning:   "Pretend payments and acting as other people, for trying out. No money moves.",
			MeaningZH: "模拟付款、扮演他人，供试用，不动真钱。",
			field:     func(s *Settings) value { return onOff(&s.Sandbox) },
		},
		{
			Name: "sandbox_public", Default: "false",
			Meaning:   "Allow the sandbox where other people can reach it; without this the program refuses to start that way.",
			MeaningZH: "允许别人也能访问到沙盒；不开时，这样启动会被拒绝。",
			field:     func(s *Settings) value { return onOff(&s.SandboxPublic) },
		},
	}
}

func dealRows() []Setting {
	return []Setting{
		{
			Name: "language", Default: "zh",
			Meaning:   "Language of people and communities that chose none: zh or en.",
			MeaningZH: "没选语言的人和小区用哪种：zh 或 en。",
			field:     func(s *Settings) value { return oneOf(&s.Language, "zh", "en") },
		},
		{
			Name: "zone", Default: "Asia/Shanghai",
			Meaning:   "Time zone of communities that chose none.",
			MeaningZH: "没选时区的小区用哪个时区。",
			field:     func(s *Settings) value { return text(&s.Zone, checkZone) },
		},
		{
			Name: "quiet_from", Default: "22:30",
			Meaning:   "Reminders and progress wait from this time of day on; answers, payment, refunds and decisions go out.",
			MeaningZH: "从几点起不发提醒和进度；回复、付款、退款和成团结果照发。",
			field:     func(s *Settings) value { return dayTime(&s.QuietFrom) },
		},
		{
			Name: "quiet_to", Default: "07:30",
			Meaning:   "End of the quiet hours; the same time as quiet_from means none.",
			MeaningZH: "安静时段到几点结束；与 quiet_from 相同表示没有安静时段。",
			field:     func(s *Settings) value { return dayTime(&s.QuietTo) },
		},
		{
			Name: "pay_window_after_formed", Default: "16h",
			Meaning:   "How long people have to pay once a team has formed.",
			MeaningZH: "成团后多久内付款。",
			field:     func(s *Settings) value { return span(&s.PayWindowAfterFormed, minPayWindow, maxPayWindow) },
		},
		{
			Name: "pay_window_at_join", Default: "15m",
			Meaning:   "How long a seat is held for a payment at joining; never past the deadline.",
			MeaningZH: "参团即付时，名额保留多久；不会超过截止时间。",
			field:     func(s *Settings) value { return span(&s.PayWindowAtJoin, minPayWindow, maxPayWindow) },
		},
	}
}

func runRows() []Setting {
	return []Setting{
		{
			Name: "relay_workers", Default: "4",
			Meaning:   "How many notices are sent side by side.",
			MeaningZH: "同时发送多少条通知。",
			field:     func(s *Settings) value { return whole(&s.RelayWorkers, 1, 64) },
		},
		{
			Name: "shutdown_timeout", Default: "10s",
			Meaning:   "How long a stop waits for work in hand.",
			MeaningZH: "停止时最多等手头工作多久。",
			field:     func(s *Settings) value { return span(&s.ShutdownTimeout, minStop, maxStop) },
		},
		{
			Name: "log_level", Default: "info",
			Meaning:   "debug, info, warn or error.",
			MeaningZH: "日志级别：debug、info、warn 或 error。",
			field:     func(s *Settings) value { return levelValue{&s.LogLevel} },
		},
		{
			Name: "log_format", Default: "text",
			Meaning:   "text for people, json for machines.",
			MeaningZH: "日志格式：text 给人看，json 给机器读。",
			field:     func(s *Settings) value { return oneOf(&s.LogFormat, "text", "json") },
		},
	}
}
