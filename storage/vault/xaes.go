package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"fmt"
)

// nonceSize is so large that random nonces never meet; overhead is the tag at the end.
const (
	nonceSize = 24
	overhead  = 16
)

// xaes is XAES-256-GCM (C2SP): a fresh AES-256 key is made from the first half of each nonce, then AES-GCM runs with the
// second half. It is thirty lines over the standard library, so that no module is needed for it.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

func newXAES(key []byte) (xaes, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return xaes{}, fmt.Errorf("make cipher: %w", err)
	}
	x := xaes{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	var top byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		x.k1[i], top = x.k1[i]<<1|top, x.k1[i]>>7
	}
	x.k1[len(x.k1)-1] ^= byte(subtle.ConstantTimeSelect(int(top), 0x87, 0))
	return x, nil
}

// gcm is AES-GCM under the key of a nonce.
func (x xaes) gcm(nonce []byte) (cipher.AEAD, error) {
	var key [2 * aes.BlockSize]byte
	for i := range 2 {
		half := key[i*aes.BlockSize : (i+1)*aes.BlockSize]
		copy(half, []byte{0, byte(i + 1), 'X', 0})
		copy(half[4:], nonce[:12])
		subtle.XORBytes(half, half, x.k1[:])
		x.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return gcm, nil
}

func (x xaes) seal(head, nonce, plain, owner []byte) ([]byte, error) {
	gcm, err := x.gcm(nonce)
	if err != nil {
		return nil, err
	}
	return gcm.Seal(head, nonce[12:], plain, owner), nil
}

func (x xaes) open(nonce, box, owner []byte) ([]byte, error) {
	gcm, err := x.gcm(nonce)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce[12:], box, owner)
	if err != nil {
		return nil, errBox
	}
	return plain, nil
}
