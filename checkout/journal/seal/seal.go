// Package seal encrypts what a journal keeps of sagas, so that neither the database nor its backups nor its logs tell what customers
// asked for. What is needed to find and to drive rows stays as it is: ids, keys, owners, states, fingerprints, times.
//
//	seal.go   secrets, and what they make of bytes
//	store.go  a journal.Driver that seals what goes in and opens what comes out
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Secret is what a key is derived from.
type Secret struct {
	// ID stands in front of what is sealed; at most 255 bytes. It is no secret.
	ID string
	// Key is at least 32 random bytes.
	Key string
}

// Config is the secrets: the first one seals, all open, so that secrets can be replaced one by one. At least one.
type Config struct{ Secrets []Secret }

// use separates the keys from others that are derived from the same secrets. It never changes.
const use = "tiffin journal seal v1"

// format is the first byte of what is sealed. No text begins with it.
const format = 1

// Errors of what cannot be opened.
var (
	// ErrSecret: it was sealed with a secret that is not among ours.
	ErrSecret = errors.New("seal: sealed with an unknown secret")
	// ErrBroken: it is not as it was sealed, or not where it was put.
	ErrBroken = errors.New("seal: not as it was sealed")
)

// Sealer seals and opens. It is safe for concurrent use.
type Sealer struct {
	first string
	keys  map[string]cipher.AEAD // by id
}

// New returns a Sealer.
func New(cfg Config) (*Sealer, error) {
	if len(cfg.Secrets) == 0 {
		return nil, errors.New("seal: no secret")
	}
	s := &Sealer{first: cfg.Secrets[0].ID, keys: map[string]cipher.AEAD{}}
	for _, secret := range cfg.Secrets {
		aead, err := newAEAD(secret)
		if err != nil {
			return nil, fmt.Errorf("seal: secret %q: %w", secret.ID, err)
		}
		s.keys[secret.ID] = aead
	}
	return s, nil
}

// newAEAD is AES-256-GCM with a random nonce in front of each ciphertext: good for 2^32 of them under one secret (NIST SP 800-38D, 8.3).
func newAEAD(s Secret) (cipher.AEAD, error) {
	if len(s.ID) > 255 {
		return nil, errors.New("its id is too long")
	}
	key, err := hkdf.Key(sha256.New, []byte(s.Key), nil, use, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts plain for one place: format, how long the id is, the id, nonce, ciphertext. Opened anywhere else it is broken.
func (s *Sealer) Seal(plain []byte, place string) []byte {
	out := append([]byte{format, byte(len(s.first))}, s.first...) //nolint:gosec // G115: newAEAD has looked at the length
	return s.keys[s.first].Seal(out, nil, plain, []byte(place))   //nolint:gosec // G407: it draws its nonce itself
}

// Open decrypts what Seal made for this place: [ErrSecret], [ErrBroken].
func (s *Sealer) Open(sealed []byte, place string) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != format || len(sealed) < 2+int(sealed[1]) {
		return nil, ErrBroken
	}
	id, text := string(sealed[2:2+sealed[1]]), sealed[2+int(sealed[1]):]
	key := s.keys[id]
	if key == nil {
		return nil, fmt.Errorf("%w: its id is %q", ErrSecret, id)
	}
	plain, err := key.Open([]byte{}, nil, text, []byte(place)) // the nonce is in the text
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}
