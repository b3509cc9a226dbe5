// Package identity carries the caller through a request: who asks ([Principal]), in which language ([Locale]). The edge puts it into
// the context once; everything below only reads it.
package identity

import (
	"context"
	"slices"
)

// Principal is a verified caller. It is immutable once in a context.
type Principal struct {
	// Issuer and Subject name the caller together (RFC 9068 iss and sub); neither does alone.
	Issuer, Subject string
	// Tenant is the organisation of the caller; empty where there is one only.
	Tenant string
	// ClientID is the application that asks on the caller's behalf (RFC 9068 client_id).
	ClientID string
	// Name and Email are for display; empty where the token has none.
	Name, Email string
	// Scopes are what the caller may do, in any order.
	Scopes []string
}

// ID names the caller among those of all issuers, and stays the same for years: services know a customer by it.
func (p *Principal) ID() string { return p.Issuer + "#" + p.Subject }

// HasScope reports whether the caller holds scope.
func (p *Principal) HasScope(scope string) bool { return slices.Contains(p.Scopes, scope) }

type principalKey struct{}

// WithPrincipal returns a context in which p asks. A nil p is nobody.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns who asks; false for an anonymous caller.
func From(ctx context.Context) (*Principal, bool) {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p, p != nil
}

type localeKey struct{}

// WithLocale returns a context whose caller reads the language tag (BCP 47), as negotiated at the edge.
func WithLocale(ctx context.Context, tag string) context.Context {
	return context.WithValue(ctx, localeKey{}, tag)
}

// Locale is the language tag for this caller; empty where none was negotiated.
func Locale(ctx context.Context) string {
	tag, _ := ctx.Value(localeKey{}).(string)
	return tag
}
