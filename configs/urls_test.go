package configs_test

import (
	"testing"

	"tuanbot/configs"
)

func TestDatabaseURLs(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"mysql://tuan:p%40ss%2F%3A@db.example:3307/tuanbot":   "tuan:p@ss/:@tcp(db.example:3307)/tuanbot?parseTime=true&loc=UTC",
		"mysql://tuan@db.example/tuanbot?tls=true":            "tuan@tcp(db.example:3306)/tuanbot?parseTime=true&loc=UTC&tls=true",
		"mysql://tuan:x@[::1]:3306/t":                         "tuan:x@tcp([::1]:3306)/t?parseTime=true&loc=UTC",
		"mysql://root@unix(/run/mysqld/mysqld.sock)/tuanbot":  "root@unix(/run/mysqld/mysqld.sock)/tuanbot?parseTime=true&loc=UTC",
		"mysql://root:a%40b@unix(/tmp/my.sock)/t?tls=":        "root:a@b@unix(/tmp/my.sock)/t?parseTime=true&loc=UTC",
		"mysql://tuan:x@h/d?tls=skip-verify":                  "tuan:x@tcp(h:3306)/d?parseTime=true&loc=UTC&tls=skip-verify",
		"mysql://tuan:hunter2@h:3306/name%20with%20a%20space": "tuan:hunter2@tcp(h:3306)/name%20with%20a%20space?parseTime=true&loc=UTC",
	} {
		d, err := (configs.Settings{DatabaseURL: configs.NewSecret(raw)}).Database()
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if got := d.DSN().Reveal(); got != want {
			t.Errorf("%s gives\n%s, want\n%s", raw, got, want)
		}
	}
}

func TestDatabaseURLsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"sqlite://x", "mysql://", "mysql://h/d", "mysql://u@h", "mysql://u@h/", "mysql://u@h/a/b", "mysql://u@/d", "mysql://u:%zz@h/d",
		"mysql://u@h/d?multiStatements=true", "mysql://u@h/d?tls=maybe", "mysql://u@unix()/d", "mysql://u@unix(/s", "mysql://u%zz@unix(/s)/d",
	} {
		if _, err := (configs.Settings{DatabaseURL: configs.NewSecret(raw)}).Database(); err == nil {
			t.Errorf("%s was accepted", raw)
		}
	}
}

func TestRedisURLs(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		"redis://localhost:6379/0": true, "rediss://:pw@r.example:6380": true, "unix:///run/redis.sock": true, "unix://user:pw@/run/redis.sock?db=1": true,
		"redis:///0": false, "unix://": false, "localhost:6379": false, "http://h": false,
	} {
		_, err := configs.Load(configs.Sources{Environ: []string{"TUANBOT_REDIS_URL=" + raw}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestKeysOfEveryForm(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
	} {
		key, err := configs.DecodeKey(configs.NewSecret(raw + "\n"))
		if err != nil || len(key) != 32 || key[31] != 31 {
			t.Errorf("%s: %x, %v", raw, key, err)
		}
	}
	if _, err := configs.DecodeKey(configs.NewSecret("0001")); err == nil {
		t.Error("a short key was accepted")
	}
}
