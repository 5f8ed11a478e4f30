package wecom

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

const (
	fresh     = 10 * time.Minute // either way: the platform repeats a callback with its first timestamp
	sealBlock = 32               // of the padding
	sealHead  = 20               // 16 random bytes and the length
)

func (s Seal) good() bool {
	_, err := s.key()
	return s.Token != "" && err == nil
}

func (s Seal) key() ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(s.AESKey + "=")
	if err != nil || len(s.AESKey) != 43 || len(key) != 32 {
		return nil, errors.New("an AES key has 43 symbols, as the platform's console shows it")
	}
	return key, nil
}

// signed checks the signature over an encrypted text and how old it is.
func (s Seal) signed(q url.Values, text string, now time.Time) bool {
	stamp, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	want := util.Signature(s.Token, q.Get("timestamp"), q.Get("nonce"), text)
	if err != nil || text == "" || subtle.ConstantTimeCompare([]byte(q.Get("msg_signature")), []byte(want)) != 1 {
		return false
	}
	age := now.Sub(time.Unix(stamp, 0))
	return age < fresh && age > -fresh
}

var errSeal = errors.New("not sealed for us")

// open decrypts a text that is sealed for a receiver: the company's id, or nothing for the AI bot, which the library's own
// function does not take.
func (s Seal) open(text, receiver string) ([]byte, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 || len(data)%sealBlock != 0 {
		return nil, errSeal
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errSeal
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > sealBlock || len(data)-pad < sealHead {
		return nil, errSeal
	}
	if !bytes.Equal(data[len(data)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errSeal
	}
	data = data[:len(data)-pad]
	size := binary.BigEndian.Uint32(data[16:sealHead])
	if uint64(size) > uint64(len(data)-sealHead) || string(data[sealHead+int(size):]) != receiver {
		return nil, errSeal
	}
	return data[sealHead : sealHead+int(size)], nil
}

// close encrypts an answer for a receiver and signs it with a time, nonce and random bytes of its own.
func (s Seal) close(body []byte, receiver string, now time.Time, random io.Reader) (sealed, error) {
	key, err := s.key()
	if err != nil {
		return sealed{}, err
	}
	mark := make([]byte, 16+8)
	if _, err := io.ReadFull(random, mark); err != nil {
		return sealed{}, fmt.Errorf("random bytes: %w", err)
	}
	plain := append([]byte(nil), mark[:16]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(body)))
	plain = append(append(plain, body...), receiver...)
	pad := sealBlock - len(plain)%sealBlock
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealed{}, errSeal
	}
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	out := sealed{text: base64.StdEncoding.EncodeToString(plain), stamp: now.Unix(), nonce: strconv.FormatUint(binary.BigEndian.Uint64(mark[16:])>>1, 36)}
	out.signature = util.Signature(s.Token, strconv.FormatInt(out.stamp, 10), out.nonce, out.text)
	return out, nil
}

// sealed is an encrypted answer.
type sealed struct {
	text, signature, nonce string
	stamp                  int64
}

func (s sealed) xml() string {
	return fmt.Sprintf("<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature><TimeStamp>%d</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
		s.text, s.signature, s.stamp, s.nonce)
}
