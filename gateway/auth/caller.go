package auth

import (
	"time"

	"tiffin/identity"
	"tiffin/telemetry"
)

// caller is somebody who has proved who they are, with what every request of theirs needs.
type caller struct {
	principal *identity.Principal
	// hash stands for them in the log.
	hash string
}

func newCaller(p *identity.Principal) *caller {
	return &caller{principal: p, hash: telemetry.Hash(p.ID())}
}

// maxKept bounds a Principal that is remembered, in bytes, so that the number of them bounds them all.
const maxKept = 2 << 10

func (c *caller) size() int {
	p := c.principal
	size := len(p.Issuer) + len(p.Subject) + len(p.Tenant) + len(p.Class) + len(p.ClientID) + len(p.Name) + len(p.Email)
	for _, scope := range p.Scopes {
		size += len(scope) + 16
	}
	return size
}

// until is when a caller's credential must be looked at again, at the latest after ttl.
func (c *caller) until(now time.Time, ttl time.Duration) int64 {
	until := now.Add(ttl)
	if ends := c.principal.Expires; !ends.IsZero() && ends.Before(until) {
		until = ends
	}
	return until.UnixNano()
}
