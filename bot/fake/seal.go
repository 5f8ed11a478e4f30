package fake

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platform's own scheme
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const blockSize = 32 // of the padding; the cipher's own blocks are smaller

// Sign is the platform's signature over a few strings in any order.
func Sign(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, ""))) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

func aesKey(symbols string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(symbols + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("an AES key has 43 symbols")
	}
	return key, nil
}

// Seal seals a body for an account.
func Seal(symbols, app string, random, body []byte) (string, error) {
	key, err := aesKey(symbols)
	if err != nil {
		return "", err
	}
	plain := append([]byte(nil), random...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(body)))
	plain = append(append(plain, body...), app...)
	pad := blockSize - len(plain)%blockSize
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("cipher: %w", err)
	}
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}

// Unseal opens what the bot sealed, and checks for whom.
func Unseal(symbols, app, text string) ([]byte, error) {
	key, err := aesKey(symbols)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 || len(data)%blockSize != 0 {
		return nil, errors.New("not whole blocks of base64")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > blockSize || pad > len(data)-20 {
		return nil, errors.New("bad padding")
	}
	data = data[:len(data)-pad]
	size := int(binary.BigEndian.Uint32(data[16:20]))
	if size > len(data)-20 {
		return nil, errors.New("bad length")
	}
	if string(data[20+size:]) != app {
		return nil, errors.New("sealed for another account")
	}
	return data[20 : 20+size], nil
}
