package auth

import (
	stdjson "encoding/json"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-json-experiment/json"

	"tiffin/identity"
)

// claims are what a verified token says (RFC 9068, section 2.2), apart from issuer and audience. Times are in seconds since 1970,
// and can have fractions (RFC 7519, section 2).
type claims struct {
	Subject   string   `json:"sub"`
	ClientID  string   `json:"client_id"`
	Expiry    *float64 `json:"exp"`
	IssuedAt  *float64 `json:"iat"`
	NotBefore *float64 `json:"nbf"`
	// Scope is a list separated by spaces (RFC 8693, section 4.2).
	Scope string `json:"scope"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// maxSubject bounds a subject, in bytes (OpenID Connect Core 1.0, section 2).
const maxSubject = 255

func readClaims(token *oidc.IDToken) (claims, error) {
	var raw stdjson.RawMessage // strictly, and not with go-oidc's folded case
	var c claims
	if err := token.Claims(&raw); err != nil {
		return c, refusedClaims
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, refusedClaims
	}
	return c, nil
}

// check holds the claims to the clock and to what must be there.
func (c claims) check(now time.Time) error {
	if c.Subject == "" || len(c.Subject) > maxSubject || c.ClientID == "" || c.Expiry == nil || c.IssuedAt == nil {
		return refusedClaims
	}
	earliest, latest := seconds(now.Add(-leeway)), seconds(now.Add(leeway))
	switch {
	case *c.Expiry <= earliest:
		return refusedExpired
	case *c.IssuedAt > latest, c.NotBefore != nil && *c.NotBefore > latest:
		return refusedEarly
	default:
		return nil
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (c claims) principal(issuer string) *identity.Principal {
	return &identity.Principal{
		Issuer: issuer, Subject: c.Subject, Kind: identity.ByToken, ClientID: c.ClientID,
		Name: c.Name, Email: c.Email, Scopes: strings.Fields(c.Scope), Expires: instant(*c.Expiry),
	}
}

// instant is the time of a claim, or as far away as makes no difference.
func instant(seconds float64) time.Time {
	const latest = 1 << 40 // in the year 36812
	return time.UnixMilli(int64(max(-latest, min(seconds, latest)) * 1000)).UTC()
}
