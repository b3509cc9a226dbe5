package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"sync"
)

// fingerprint stands for a token, which is not kept itself.
type fingerprint [16]byte

// printer makes fingerprints: GMAC under a key of this process. As nobody outside knows the key or sees a fingerprint, nobody can look for two texts with
// the same one; that two are, is as likely as their blocks in 2^128 (NIST SP 800-38D, section 8 bounds it by the length). Where GHASH is an
// instruction it takes a third of SHA-256's time, which would be most of what a caller costs who was here before.
type printer struct {
	aead  cipher.AEAD
	rooms sync.Pool
}

// room is where a fingerprint is made, for what goes through an interface would be allocated each time.
type room struct {
	token [maxToken]byte
	tag   fingerprint
	nonce [12]byte // the same each time: nothing is encrypted, and no tag is shown
}

func newPrinter() *printer {
	key := make([]byte, 32) //nolint:mnd // AES-256
	_, _ = rand.Read(key)   // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key is of the right length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the right block size
	}
	return &printer{aead: aead, rooms: sync.Pool{New: func() any { return new(room) }}}
}

// of returns the fingerprint of a token of at most maxToken bytes.
func (p *printer) of(token string) fingerprint {
	r, _ := p.rooms.Get().(*room)
	n := copy(r.token[:], token)
	p.aead.Seal(r.tag[:0], r.nonce[:], nil, r.token[:n])
	made := r.tag
	clear(r.token[:n]) // no token stays in memory for longer than its request
	p.rooms.Put(r)
	return made
}
