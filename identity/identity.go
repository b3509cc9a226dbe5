// Package identity carries the caller through a request: who asks ([Principal]), by which token ([Token]), in which language ([Locale]).
// The edge puts it into the context once; everything below only reads it.
package identity

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Kind is how a caller proved who they are.
type Kind string

// The kinds.
const (
	// ByToken: an access token, of whatever form.
	ByToken Kind = "token"
	// ByAPIKey: a key of this gateway's own.
	ByAPIKey Kind = "api_key"
	// ByCertificate: a client certificate, proved by the TLS handshake.
	ByCertificate Kind = "certificate"
)

// Principal is a verified caller, however they proved who they are. It is immutable once in a context.
type Principal struct {
	// Issuer and Subject name the caller together (RFC 9068 iss and sub); neither does alone. Where this gateway vouches for the caller
	// itself, the Issuer is one of its own that no token can have: [APIKeys], [Certificates].
	Issuer, Subject string
	// Kind is how the caller proved it.
	Kind Kind
	// Tenant is the organisation of the caller; empty where there is one only.
	Tenant string
	// Class is the class of callers whose limits and budgets count; empty for that of everybody.
	Class string
	// ClientID is the application that asks on the caller's behalf (RFC 9068 client_id); empty where none is known.
	ClientID string
	// Name and Email are for display; empty where the token has none.
	Name, Email string
	// Scopes are what the caller may do, in any order.
	Scopes []string
	// Expires is when the credential ends: a stream must not outlive it. Zero where it does not.
	Expires time.Time
}

// Issuers of callers for whom this gateway vouches. They are no URLs of the web, as those of tokens are.
const (
	APIKeys      = "urn:tiffin:api-key" //nolint:gosec // a name, no key
	Certificates = "urn:tiffin:certificate"
)

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

type tokenKey struct{}

// WithToken returns a context whose caller proved who they are by the access token. It is for those who are configured to pass it on, and
// for nobody to log.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// Token is the access token that the caller came with; empty where they came with none.
func Token(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(string)
	return token
}

type headerKey struct{}

// WithHeader returns a context with those headers of the client's request that some service is to get. They are not verified: a caller can
// say in them what they like.
func WithHeader(ctx context.Context, header http.Header) context.Context {
	return context.WithValue(ctx, headerKey{}, header)
}

// Header is what WithHeader put there, not to be changed; nil where nothing is to be handed on.
func Header(ctx context.Context) http.Header {
	header, _ := ctx.Value(headerKey{}).(http.Header)
	return header
}

type localeKey struct{}

// localised is a context whose caller reads a language.
type localised struct {
	context.Context //nolint:containedctx // it is one

	tag string
}

// Value implements context.Context.
func (l *localised) Value(key any) any {
	if key == any(localeKey{}) {
		return l
	}
	return l.Context.Value(key)
}

// WithLocale returns a context whose caller reads the language tag (BCP 47), as negotiated at the edge.
func WithLocale(ctx context.Context, tag string) context.Context {
	return &localised{Context: ctx, tag: tag}
}

// Locale is the language tag for this caller; empty where none was negotiated.
func Locale(ctx context.Context) string {
	if l, ok := ctx.Value(localeKey{}).(*localised); ok {
		return l.tag
	}
	return ""
}
