// Package vault keeps what only the people concerned may read: it seals addresses with keys made from the master key,
// and makes keyed hashes by which they are found again. It knows neither SQL nor what is in its boxes.
package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

// ErrKey means that a master key has the wrong length.
var ErrKey = errors.New("a master key has 32 bytes")

// Derive makes the key of one purpose from a master key, so that a key that leaks from one place opens nothing elsewhere.
func Derive(master []byte, purpose string) ([]byte, error) {
	if len(master) != KeySize {
		return nil, ErrKey
	}
	key, err := hkdf.Key(sha256.New, master, nil, "tuanbot/"+purpose, KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive key for %s: %w", purpose, err)
	}
	return key, nil
}

// Vault seals, opens and blinds.
type Vault struct {
	blind []byte
	seal  keyID
	boxes map[keyID]xaes
}

// keyID stands in front of every box and follows from its key.
type keyID [5]byte

// boxVersion is the first byte of a key id: how the rest of the box is to be read.
const boxVersion = 1

// errBox is all that is said of a box that does not open, whatever the reason.
var errBox = errors.New("the box does not open")

// New makes a vault. Boxes are sealed with the newest master key and opened with any of them. The index for look-ups stays
// with the oldest key, since a new one would find nothing of what is stored; older keys are given newest first.
func New(master []byte, older ...[]byte) (*Vault, error) {
	keys := append([][]byte{master}, older...)
	v := &Vault{boxes: map[keyID]xaes{}}
	for i, key := range keys {
		id, box, err := boxOf(key)
		if err != nil {
			return nil, fmt.Errorf("open vault: %w", err)
		}
		v.boxes[id] = box
		if i == 0 {
			v.seal = id
		}
	}
	blind, err := Derive(keys[len(keys)-1], "blind-index")
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	v.blind = blind
	return v, nil
}

func boxOf(master []byte) (keyID, xaes, error) {
	raw, err := Derive(master, "seal")
	if err != nil {
		return keyID{}, xaes{}, err
	}
	box, err := newXAES(raw)
	if err != nil {
		return keyID{}, xaes{}, err
	}
	sum := sha256.Sum256(append([]byte("tuanbot/key-id/"), raw...))
	id := keyID{boxVersion}
	copy(id[1:], sum[:])
	return id, box, nil
}

// Blind is a keyed hash of parts: the same parts always give the same word, and nobody without the key can guess back.
// Each part is counted, so that ("ab", "c") and ("a", "bc") differ.
func (v *Vault) Blind(parts ...string) string {
	mac := hmac.New(sha256.New, v.blind)
	for _, part := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		mac.Write(n[:])
		mac.Write([]byte(part))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// Seal closes a box that opens only for the same owner: a box copied to another row stays shut.
func (v *Vault) Seal(owner string, plain []byte) ([]byte, error) {
	head := make([]byte, len(v.seal)+nonceSize, len(v.seal)+nonceSize+len(plain)+overhead)
	copy(head, v.seal[:])
	nonce := head[len(v.seal):]
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	box, err := v.boxes[v.seal].seal(head, nonce, plain, []byte(owner))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return box, nil
}

// Open opens a box of an owner.
func (v *Vault) Open(owner string, box []byte) ([]byte, error) {
	var id keyID
	if len(box) < len(id)+nonceSize+overhead {
		return nil, errBox
	}
	copy(id[:], box)
	key, known := v.boxes[id]
	if !known {
		return nil, errBox
	}
	rest := box[len(id):]
	plain, err := key.open(rest[:nonceSize], rest[nonceSize:], []byte(owner))
	if err != nil {
		return nil, errBox
	}
	return plain, nil
}
