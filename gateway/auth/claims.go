package auth

import (
	stdjson "encoding/json"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

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
	// Confirmation binds the token to a key of its client (RFC 7800), which a bearer does not prove to have.
	Confirmation jsontext.Value `json:"cnf"`

	// tenant and class are those of the claims that the configuration names.
	tenant, class string
}

// maxSubject bounds a subject, in bytes (OpenID Connect Core 1.0, section 2); what names a tenant or a class as well.
const maxSubject = 255

func readClaims(token *oidc.IDToken, by IssuerConfig) (claims, error) {
	var raw stdjson.RawMessage // strictly, and not with go-oidc's folded case
	if err := token.Claims(&raw); err != nil {
		return claims{}, refusedClaims
	}
	var c claims
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, refusedClaims
	}
	err := readNamed(&c, raw, by)
	return c, err
}

// readNamed reads the claims that the configuration names.
func readNamed(c *claims, raw []byte, by IssuerConfig) error {
	for _, named := range []struct {
		name string
		to   *string
	}{{by.TenantClaim, &c.tenant}, {by.ClassClaim, &c.class}} {
		if named.name == "" {
			continue
		}
		var all map[string]jsontext.Value
		if err := json.Unmarshal(raw, &all); err != nil {
			return refusedClaims
		}
		if text, ok := all[named.name]; ok && (json.Unmarshal(text, named.to) != nil || len(*named.to) > maxSubject) {
			return refusedClaims
		}
	}
	return nil
}

// check holds the claims of a JWT to the clock and to what must be there.
func (c claims) check(now time.Time) error {
	if c.Expiry == nil || c.IssuedAt == nil {
		return refusedClaims
	}
	return c.checkKnown(now)
}

// checkKnown holds the claims to what any access token must say, and those of time that are there to the clock.
func (c claims) checkKnown(now time.Time) error {
	earliest, latest := seconds(now.Add(-leeway)), seconds(now.Add(leeway))
	switch {
	case c.Subject == "" || len(c.Subject) > maxSubject || c.ClientID == "":
		return refusedClaims
	case c.Confirmation != nil && string(c.Confirmation) != "null":
		return refusedBound
	case c.Expiry != nil && *c.Expiry <= earliest:
		return refusedExpired
	case c.IssuedAt != nil && *c.IssuedAt > latest, c.NotBefore != nil && *c.NotBefore > latest:
		return refusedEarly
	default:
		return nil
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (c claims) principal(issuer string) *identity.Principal {
	p := &identity.Principal{
		Issuer: issuer, Subject: c.Subject, Kind: identity.ByToken, Tenant: c.tenant, Class: c.class, ClientID: c.ClientID,
		Name: c.Name, Email: c.Email, Scopes: strings.Fields(c.Scope),
	}
	if c.Expiry != nil {
		p.Expires = instant(*c.Expiry)
	}
	return p
}

// instant is the time of a claim, or as far away as makes no difference.
func instant(seconds float64) time.Time {
	const latest = 1 << 33 // in the year 2242, and within what a time.Time has nanoseconds for
	return time.UnixMilli(int64(max(-latest, min(seconds, latest)) * 1000)).UTC()
}
