// Package authtest is an OpenID provider for tests that signs whatever it is told to, also what no honest one would.
package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// JSON is an object to be encoded.
type JSON = map[string]any

// Issuer is a provider with ES256 keys. It is safe for concurrent use.
type Issuer struct {
	// URL is its name; Handler serves it there.
	URL string

	mu      sync.Mutex
	private *ecdsa.PrivateKey
	keys    []JSON
	fetches int
	down    bool
}

// New makes a provider with one key.
func New(url string) *Issuer {
	i := &Issuer{URL: url}
	i.Rotate()
	return i
}

// Rotate replaces the key by a new one with a new id; Token signs with it from now on.
func (i *Issuer) Rotate() {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // there is no test without a key
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.private = private
	i.keys = []JSON{JWK(&private.PublicKey, "key-"+rand.Text())}
}

// JWK is a public key as a provider shows it (RFC 7518, section 6.2).
func JWK(public *ecdsa.PublicKey, id string) JSON {
	point, err := public.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	half := len(point) / 2
	return JSON{"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": encode(point[1 : half+1]), "y": encode(point[half+1:])}
}

// AddKeys shows more keys, each any JSON at all.
func (i *Issuer) AddKeys(keys ...JSON) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, keys...)
}

// SetDown makes every request fail with 500, or heals that.
func (i *Issuer) SetDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// Fetches counts the reads of the key set, also those that failed.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// PublicKey is the key that verifies Token's signatures.
func (i *Issuer) PublicKey() *ecdsa.PublicKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return &i.private.PublicKey
}

// Handler serves discovery and the key set.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.serve(w, 0, JSON{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		keys := i.keys
		i.mu.Unlock()
		i.serve(w, 1, JSON{"keys": keys})
	})
	return mux
}

func (i *Issuer) serve(w http.ResponseWriter, fetches int, page JSON) {
	i.mu.Lock()
	i.fetches += fetches
	down := i.down
	i.mu.Unlock()
	if down {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(marshal(page)) // a client that left misses it
}

// Header is that of an honest token.
func (i *Issuer) Header() JSON {
	i.mu.Lock()
	defer i.mu.Unlock()
	return JSON{"typ": "at+jwt", "alg": "ES256", "kid": i.keys[0]["kid"]}
}

// Claims are those of an honest token for the subject: audience "tiffin", an hour from now.
func (i *Issuer) Claims(subject, scope string, now time.Time) JSON {
	return JSON{
		"iss": i.URL, "aud": "tiffin", "sub": subject, "client_id": "app", "scope": scope, "jti": "1",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "name": "Name of " + subject, "email": subject + "@example.com",
	}
}

// Token is an honest token.
func (i *Issuer) Token(subject, scope string, now time.Time) string {
	return i.Sign(i.Header(), i.Claims(subject, scope, now))
}

// Sign makes a compact JWS of any header and claims with the ES256 key, whatever the header says.
func (i *Issuer) Sign(header, claims JSON) string {
	text := Unsigned(header, claims)
	sum := sha256.Sum256([]byte(text))
	i.mu.Lock()
	private := i.private
	i.mu.Unlock()
	r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
	if err != nil {
		panic(err)
	}
	size := crypto.SHA256.Size()
	return text + "." + encode(append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...))
}

// Unsigned is header and claims as they are signed: the first two parts of a compact JWS.
func Unsigned(header, claims JSON) string {
	return encode(marshal(header)) + "." + encode(marshal(claims))
}

func marshal(v JSON) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("authtest: " + strconv.Quote(err.Error()))
	}
	return data
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
