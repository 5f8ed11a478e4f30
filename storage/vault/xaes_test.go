package vault

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestXAESVectors are the two vectors of the specification: the top bit of the first cipher block is clear in one and set
// in the other.
func TestXAESVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key         byte
		owner, want string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x, err := newXAES(bytes.Repeat([]byte{c.key}, KeySize))
		if err != nil {
			t.Fatal(err)
		}
		box, err := x.seal(nil, []byte("ABCDEFGHIJKLMNOPQRSTUVWX"), []byte("XAES-256-GCM"), []byte(c.owner))
		if err != nil || hex.EncodeToString(box) != c.want {
			t.Errorf("key %d: %x, %v", c.key, box, err)
		}
	}
}
