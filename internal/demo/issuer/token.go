package issuer

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
)

// profile is what an invented user's tokens say about them.
type profile struct {
	Subject string `json:"sub"`
	Name    string `json:"name"`
	Email   string `json:"email"`
	// Scope is a list separated by spaces (RFC 8693, section 4.2).
	Scope string `json:"scope"`
}

// users are three customers, a customer who may not order, and support staff.
var users = []profile{ //nolint:gochecknoglobals // read only
	{"alice", "Alice Archer", "alice@tiffin.example", "orders:read orders:place"},
	{"bob", "Bob Baker", "bob@tiffin.example", "orders:read orders:place"},
	{"carol", "Carol Cooper", "carol@tiffin.example", "orders:read orders:place"},
	{"dave", "Dave Dyer", "dave@tiffin.example", "orders:read"},
	{"sam", "Sam Smith", "sam@tiffin.example", "orders:read:any"},
}

// claims are the data of an access token (RFC 9068, section 2.2). Times are in seconds since 1970.
type claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	ClientID string `json:"client_id"`
	IssuedAt int64  `json:"iat"`
	Expiry   int64  `json:"exp"`
	ID       string `json:"jti"`
	profile
}

func (i *Issuer) claims(user profile) claims {
	now := i.now()
	return claims{
		Issuer: i.url, Audience: Audience, ClientID: "tiffin-demo",
		IssuedAt: now.Unix(), Expiry: now.Add(Lifetime).Unix(), ID: rand.Text(),
		profile: user,
	}
}

// sign returns the claims as a JWS in its compact form (RFC 7515, section 7.1).
func (i *Issuer) sign(c claims) (string, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("issuer: encode claims: %w", err)
	}
	signed, err := i.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("issuer: sign: %w", err)
	}
	return signed.CompactSerialize()
}
