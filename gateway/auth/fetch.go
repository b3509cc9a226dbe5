package auth

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// fetchTimeout bounds discovery and key set together.
	fetchTimeout = 5 * time.Second
	// maxKeys bounds a key set; issuers have a handful.
	maxKeys = 64
	// maxDocument bounds what an issuer may send, in bytes.
	maxDocument = 1 << 20
)

// fetchKeys asks the issuer where its keys are (OpenID Connect Discovery 1.0, section 4) and reads them.
func fetchKeys(ctx context.Context, client *http.Client, issuer string) (*keys, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, client), fetchTimeout)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: discover %s: %w", errNoKeys, issuer, err)
	}
	var found struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&found); err != nil {
		return nil, fmt.Errorf("%w: discover %s: %w", errNoKeys, issuer, err)
	}
	set, err := readKeys(ctx, client, found.Keys)
	if err != nil {
		return nil, fmt.Errorf("%w: key set of %s: %w", errNoKeys, issuer, err)
	}
	return set, nil
}

func readKeys(ctx context.Context, client *http.Client, address string) (*keys, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return parseKeys(body)
}

// parseKeys reads a key set (RFC 7517, section 5), leaving out what cannot verify a signature or is of a kind that it does not
// know, as that section asks.
func parseKeys(body []byte) (*keys, error) {
	var raw struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, err
	}
	set, sum := &keys{byID: map[string][]crypto.PublicKey{}}, sha256.New()
	for _, text := range raw.Keys[:min(len(raw.Keys), maxKeys)] {
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(text); err == nil && verifies(key) {
			set.byID[key.KeyID] = append(set.byID[key.KeyID], key.Key)
			set.all = append(set.all, key.Key)
			_, _ = fmt.Fprintf(sum, "%q %d ", key.KeyID, len(text))
			_, _ = sum.Write(text) // a hash takes everything
		}
	}
	if len(set.all) == 0 {
		return nil, fmt.Errorf("none of its %d keys can verify a signature", len(raw.Keys))
	}
	sum.Sum(set.sum[:0])
	return set, nil
}

// minRSA is the shortest RSA key that is strong enough, in bits (RFC 7518, section 3.3).
const minRSA = 2048

// verifies reports whether a key is fit to verify signatures.
func verifies(key jose.JSONWebKey) bool {
	if public, ok := key.Key.(*rsa.PublicKey); ok && public.N.BitLen() < minRSA {
		return false
	}
	return key.IsPublic() && key.Use != "enc"
}

// bounded is a transport whose response bodies end with an error after maxDocument.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusSwitchingProtocols { // its body is the bare connection, which no context ends
		return nil, errors.Join(errSwitched, res.Body.Close())
	}
	res.Body = http.MaxBytesReader(nil, res.Body, maxDocument)
	return res, nil
}

var errSwitched = errors.New("status 101: it switched to another protocol, unasked")
