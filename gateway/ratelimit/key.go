package ratelimit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"

	"tiffin/identity"
)

// Caller is whom a limit counts: a user or an application of an issuer, or an address. It is comparable; the zero Caller is everybody
// of whom nothing is known.
type Caller struct {
	Issuer, Subject string
	Address         netip.Addr
}

// Key is one count: a caller under one rule.
type Key struct {
	Rule string
	Caller
}

// callerOf is the user who asks in ctx, else the address.
func callerOf(ctx context.Context) Caller {
	if p, known := identity.From(ctx); known {
		return Caller{Issuer: p.Issuer, Subject: p.Subject}
	}
	return Caller{Address: AddressFrom(ctx)}
}

// text is the key in Redis: the same in every gateway, bounded in length, and without a name in it.
func (k Key) text(prefix string) string {
	h := sha256.New()
	for _, part := range [...]string{k.Rule, k.Issuer, k.Subject, k.Address.String()} {
		_, _ = h.Write([]byte(part)) // a hash takes everything
		_, _ = h.Write([]byte{0})
	}
	return prefix + hex.EncodeToString(h.Sum(nil)[:16])
}
