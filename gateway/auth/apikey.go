package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"tiffin/fault"
	"tiffin/identity"
)

// APIKeyHeader is where a request has its API key.
const APIKeyHeader = "X-Api-Key" //nolint:gosec // a name, no key

// APIKeysConfig lists the API keys.
type APIKeysConfig struct {
	// Keys are those of the configuration itself.
	Keys []APIKey `yaml:"keys"`
	// File lists more under keys:, and is read again when it changes: a key that is taken out of it stops to count [none].
	File string `yaml:"file"`
}

// APIKey is a key as it is configured: everything but the key itself, of which there is only the hash. `tiffin apikey create` makes both.
type APIKey struct {
	// Name is what the key is called; each has one of its own.
	Name string `yaml:"name"`
	// Hash is "sha256:" and the 64 hexadecimal digits of the key's hash.
	Hash string `yaml:"hash"`
	// Subject is who the caller is; with two keys of one subject the one can replace the other [the name].
	Subject string `yaml:"subject"`
	// Tenant, ClientID and Class are the caller's, as identity.Principal has them [none].
	Tenant   string `yaml:"tenant"`
	ClientID string `yaml:"client_id"`
	Class    string `yaml:"class"`
	// Scopes are what the caller may do [none].
	Scopes []string `yaml:"scopes"`
	// Expires is when the key ends, by RFC 3339: 2027-01-31T00:00:00Z [never].
	Expires string `yaml:"expires"`
}

// A key is the prefix, by which scanners for leaked secrets find it, and 256 random bits. Nobody can guess those, or search for them by a
// table of hashes, so that the hash needs neither salt nor the slowness that passwords need: it is one SHA-256, cheap enough for every
// request. A key of another form is refused unseen, so that nobody configures "secret".
const (
	apiKeyPrefix = "tfk_"
	apiKeyBytes  = 32
	apiKeyHash   = "sha256:"
	// maxAPIKeys bounds the list.
	maxAPIKeys = 10_000
)

// NewAPIKey makes a key, and the hash of it for the configuration.
func NewAPIKey() (key, hash string) {
	secret := make([]byte, apiKeyBytes)
	_, _ = rand.Read(secret) // never fails
	key = apiKeyPrefix + base64.RawURLEncoding.EncodeToString(secret)
	sum := sha256.Sum256([]byte(key))
	return key, apiKeyHash + hex.EncodeToString(sum[:])
}

func isAPIKey(text string) bool {
	secret, ok := strings.CutPrefix(text, apiKeyPrefix)
	return ok && len(secret) == base64.RawURLEncoding.EncodedLen(apiKeyBytes)
}

// Validate reports every problem.
func (c APIKeysConfig) Validate() []fault.Invalid {
	var problems []fault.Invalid
	if len(c.Keys) > maxAPIKeys {
		problems = append(problems, fault.Invalid{Path: "keys", Reason: "are more than 10000", Remedy: "let an issuer give programs tokens"})
	}
	names, hashes := map[string]bool{}, map[string]bool{}
	for n, key := range c.Keys {
		found := key.validate()
		if names[key.Name] {
			found = append(found, fault.Invalid{Path: "name", Reason: "is another key's", Remedy: "give each a name of its own; subject can be the same"})
		}
		if hashes[key.Hash] {
			found = append(found, fault.Invalid{Path: "hash", Reason: "is another key's", Remedy: "make a key for each with: tiffin apikey create"})
		}
		names[key.Name], hashes[key.Hash] = true, true
		problems = append(problems, fault.Under(fmt.Sprintf("keys[%d]", n), found)...)
	}
	return problems
}

func (k APIKey) validate() []fault.Invalid {
	var problems []fault.Invalid
	if k.Name == "" || len(k.Name) > maxSubject {
		problems = append(problems, fault.Invalid{Path: "name", Reason: "is not 1 to 255 bytes", Remedy: "say what the key is for, such as kitchen-display"})
	}
	if _, err := k.sum(); err != nil {
		problems = append(problems, fault.Invalid{Path: "hash", Reason: "is no hash of a key", Remedy: "make a key and its hash with: tiffin apikey create"})
	}
	if _, err := k.end(); err != nil {
		problems = append(problems, fault.Invalid{Path: "expires", Reason: "is no time", Remedy: "write it like 2027-01-31T00:00:00Z"})
	}
	return append(problems, validateWho(k.Subject, k.Scopes)...)
}

// validateWho looks at what the configuration says of a caller.
func validateWho(subject string, scopes []string) []fault.Invalid {
	var problems []fault.Invalid
	if len(subject) > maxSubject {
		problems = append(problems, fault.Invalid{Path: "subject", Reason: "is longer than 255 bytes", Remedy: "give a shorter one"})
	}
	for n, scope := range scopes {
		if scope == "" || strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			problems = append(problems, fault.Invalid{Path: fmt.Sprintf("scopes[%d]", n), Reason: "is no scope", Remedy: "write one, without spaces, such as orders:read"})
		}
	}
	return problems
}

func (k APIKey) sum() (digest, error) {
	var sum digest
	text, ok := strings.CutPrefix(k.Hash, apiKeyHash)
	raw, err := hex.DecodeString(text)
	if !ok || err != nil || len(raw) != len(sum) {
		return sum, fmt.Errorf("not %s and 64 digits", apiKeyHash)
	}
	return digest(raw), nil
}

// end is when the key ends; zero where it does not.
func (k APIKey) end() (time.Time, error) {
	if k.Expires == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, k.Expires)
}

// digest is the hash of an API key.
type digest [sha256.Size]byte

func digestOf(key string) digest {
	var room [128]byte // on the stack, and as much as a key needs
	return sha256.Sum256(append(room[:0], key...))
}

// apiKeys are those that count, by their hash.
type apiKeys map[digest]apiKey

type apiKey struct {
	sum    digest
	caller *caller
}

// SetAPIKeys replaces the API keys by others, which are valid.
func (v *Verifier) SetAPIKeys(list []APIKey) {
	known := make(apiKeys, len(list))
	for _, k := range list {
		sum, _ := k.sum() // Validate had no problem with it
		ends, _ := k.end()
		subject := k.Subject
		if subject == "" {
			subject = k.Name
		}
		known[sum] = apiKey{sum, newCaller(&identity.Principal{
			Issuer: identity.APIKeys, Subject: subject, Kind: identity.ByAPIKey, Tenant: k.Tenant, Class: k.Class, ClientID: k.ClientID,
			Name: k.Name, Scopes: k.Scopes, Expires: ends,
		})}
	}
	v.apiKeys.Store(&known)
}

// apiKey finds whose key it is. How long the map takes to look depends on hashes only, of which nobody can choose the bits.
func (v *Verifier) apiKey(text string) (*caller, error) {
	if !isAPIKey(text) {
		return nil, refusedAPIKey
	}
	sum := digestOf(text)
	key, ok := (*v.apiKeys.Load())[sum]
	if !ok || subtle.ConstantTimeCompare(key.sum[:], sum[:]) != 1 {
		return nil, refusedAPIKey
	}
	if ends := key.caller.principal.Expires; !ends.IsZero() && !v.now().Before(ends) {
		return nil, refusedAPIKeyExpired
	}
	return key.caller, nil
}
