// Package issuer is the demo's OpenID provider: discovery, a key set, and access tokens (RFC 9068) for a handful of invented users.
//
//	GET /.well-known/openid-configuration   where the keys are (OpenID Connect Discovery 1.0, section 4)
//	GET /keys                               the key set (RFC 7517)
//	GET /token?user=alice                   a token, bare; this takes the place of a sign-in page
//
// It asks nobody for a password, so it belongs on the loopback interface only.
package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Audience is whom the tokens are meant for: the gateway.
const Audience = "tiffin"

// Lifetime is how long a token is good for.
const Lifetime = time.Hour

// ErrUnknownUser is the cause of every refusal of Token.
var ErrUnknownUser = errors.New("unknown user")

// Config says who the issuer is.
type Config struct {
	// URL is the issuer's name and the address it is reached at, without a slash at the end: "http://127.0.0.1:8180".
	URL string
	// Now is the clock of the tokens [time.Now].
	Now func() time.Time
}

// Issuer signs tokens with a key that it made at its start, so a restart makes all earlier tokens invalid. It is safe for
// concurrent use.
type Issuer struct {
	url    string
	now    func() time.Time
	signer jose.Signer
	keys   jose.JSONWebKeySet
}

// New makes an issuer with a fresh ES256 key. It fails on a URL that is not absolute or ends in a slash.
func New(cfg Config) (*Issuer, error) {
	if u, err := url.Parse(cfg.URL); err != nil || u.Host == "" || strings.HasSuffix(cfg.URL, "/") {
		return nil, fmt.Errorf("issuer: URL %q: give an absolute URL without a slash at the end", cfg.URL)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("issuer: make a key: %w", err)
	}
	key := jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: string(jose.ES256), Use: "sig"}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, new(jose.SignerOptions).WithType("at+jwt"))
	if err != nil {
		return nil, fmt.Errorf("issuer: make a signer: %w", err)
	}
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}
	return &Issuer{url: cfg.URL, now: cfg.Now, signer: signer, keys: keys}, nil
}

// Users lists the names that Token knows, in the order of the documentation.
func (i *Issuer) Users() []string {
	names := make([]string, len(users))
	for n, u := range users {
		names[n] = u.Subject
	}
	return names
}

// Token returns an access token for the user, good from now for Lifetime. An unknown user is ErrUnknownUser, with the known ones
// in the text.
func (i *Issuer) Token(user string) (string, error) {
	at := slices.IndexFunc(users, func(u profile) bool { return u.Subject == user })
	if at < 0 {
		return "", fmt.Errorf("%w; the users are %s", ErrUnknownUser, strings.Join(i.Users(), ", "))
	}
	return i.sign(i.claims(users[at]))
}
