package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"tuanbot/handlers"
	"tuanbot/storage/vault"
)

var _ handlers.Vault = (*vault.Vault)(nil)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, vault.KeySize) }

func open(t *testing.T, master []byte, older ...[]byte) *vault.Vault {
	t.Helper()
	v, err := vault.New(master, older...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestBoxesOpenForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	v := open(t, key(1))
	box, err := v.Seal("home-1", []byte("502"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(box, []byte("502")) {
		t.Error("the box shows what is in it")
	}
	if plain, err := v.Open("home-1", box); err != nil || string(plain) != "502" {
		t.Errorf("opened %q, %v", plain, err)
	}
	again, err := v.Seal("home-1", []byte("502"))
	if err != nil || bytes.Equal(box, again) {
		t.Error("two boxes of the same thing are alike")
	}
	for name, try := range map[string]func() ([]byte, error){
		"another owner":    func() ([]byte, error) { return v.Open("home-2", box) },
		"another key":      func() ([]byte, error) { return open(t, key(2)).Open("home-1", box) },
		"a cut box":        func() ([]byte, error) { return v.Open("home-1", box[:len(box)-1]) },
		"an empty box":     func() ([]byte, error) { return v.Open("home-1", nil) },
		"a changed letter": func() ([]byte, error) { b := bytes.Clone(box); b[len(b)-1] ^= 1; return v.Open("home-1", b) },
		"a changed key id": func() ([]byte, error) { b := bytes.Clone(box); b[1] ^= 1; return v.Open("home-1", b) },
	} {
		if plain, err := try(); err == nil {
			t.Errorf("%s: opened %q", name, plain)
		}
	}
}

func TestRotationKeepsOldBoxesAndTheIndex(t *testing.T) {
	t.Parallel()
	before, after := open(t, key(1)), open(t, key(2), key(1))
	old, err := before.Seal("home-1", []byte("502"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := after.Open("home-1", old); err != nil || string(plain) != "502" {
		t.Errorf("an old box gives %q, %v", plain, err)
	}
	fresh, err := after.Seal("home-1", []byte("502"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Open("home-1", fresh); err == nil {
		t.Error("new boxes are still sealed with the old key")
	}
	if before.Blind("c", "3", "502") != after.Blind("c", "3", "502") {
		t.Error("the index finds nothing after a rotation")
	}
}

func TestBlind(t *testing.T) {
	t.Parallel()
	v := open(t, key(1))
	if v.Blind("a", "b") != open(t, key(1)).Blind("a", "b") || v.Blind("ab", "c") == v.Blind("a", "bc") || v.Blind("a") == open(t, key(2)).Blind("a") {
		t.Error("the index is not a keyed hash of its parts")
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	a, err := vault.Derive(key(1), "cookie")
	if err != nil || len(a) != vault.KeySize {
		t.Fatal(a, err)
	}
	b, err := vault.Derive(key(1), "link")
	if err != nil || bytes.Equal(a, b) {
		t.Error("two purposes share a key", err)
	}
	if _, err := vault.Derive(key(1)[1:], "cookie"); !errors.Is(err, vault.ErrKey) {
		t.Errorf("a short key: %v", err)
	}
	if _, err := vault.New(nil); !errors.Is(err, vault.ErrKey) {
		t.Errorf("no key: %v", err)
	}
}
