package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/identity"
)

func keyed(t *testing.T, change func(*APIKey)) (v *Verifier, key string, now *time.Time) {
	t.Helper()
	key, hash := NewAPIKey()
	entry := APIKey{Name: "till", Hash: hash, Scopes: []string{"orders:read"}, Class: "partner", Tenant: "acme", ClientID: "tills"}
	if change != nil {
		change(&entry)
	}
	cfg := Config{APIKeys: APIKeysConfig{Keys: []APIKey{entry}}}
	if problems := cfg.Validate(); problems != nil {
		t.Fatal(problems)
	}
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return NewVerifier(cfg, Deps{Now: func() time.Time { return clock }}), key, &clock
}

// asked is what comes of a request with the headers, name and value by turns.
func asked(v *Verifier, headers ...string) (*caller, error) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	for n := 0; n < len(headers); n += 2 {
		r.Header.Add(headers[n], headers[n+1])
	}
	return v.authenticate(r)
}

func TestAPIKey(t *testing.T) {
	v, key, _ := keyed(t, func(k *APIKey) { k.Subject, k.Expires = "tills", "2026-02-01T00:00:00Z" })
	got, err := asked(v, "x-api-key", key)
	if err != nil {
		t.Fatal(err)
	}
	want := &identity.Principal{
		Issuer: identity.APIKeys, Subject: "tills", Kind: identity.ByAPIKey, Tenant: "acme", Class: "partner", ClientID: "tills",
		Name: "till", Scopes: []string{"orders:read"}, Expires: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got.principal); diff != "" {
		t.Error(diff)
	}
}

func TestBadAPIKeys(t *testing.T) {
	v, key, now := keyed(t, func(k *APIKey) { k.Expires = "2026-02-01T00:00:00Z" })
	other, _ := NewAPIKey()
	_, hash := NewAPIKey()
	for name, headers := range map[string][]string{
		"another":     {APIKeyHeader, other},
		"changed":     {APIKeyHeader, key[:len(key)-2] + "xx"},
		"cut":         {APIKeyHeader, key[:len(key)-1]},
		"longer":      {APIKeyHeader, key + "="},
		"its hash":    {APIKeyHeader, hash},
		"empty":       {APIKeyHeader, ""},
		"huge":        {APIKeyHeader, apiKeyPrefix + strings.Repeat("x", 60_000)},
		"other shape": {APIKeyHeader, "secret"},
		"with space":  {APIKeyHeader, " " + key},
	} {
		if got, err := asked(v, headers...); !errors.Is(err, refusedAPIKey) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	*now = now.AddDate(0, 1, 0)
	if _, err := asked(v, APIKeyHeader, key); !errors.Is(err, refusedAPIKeyExpired) {
		t.Errorf("at its end: %v", err)
	}
}

// A key that is taken off the list stops to count with the next request.
func TestAPIKeysAreReplaced(t *testing.T) {
	v, key, _ := keyed(t, nil)
	next, hash := NewAPIKey()
	v.SetAPIKeys([]APIKey{{Name: "till", Hash: hash}})
	if _, err := asked(v, APIKeyHeader, key); !errors.Is(err, refusedAPIKey) {
		t.Errorf("the old one: %v", err)
	}
	if _, err := asked(v, APIKeyHeader, next); err != nil {
		t.Errorf("the new one: %v", err)
	}
}

// Which of two credentials would count? None.
func TestSeveralCredentials(t *testing.T) {
	v, key, _ := keyed(t, nil)
	for name, headers := range map[string][]string{
		"key and token":            {APIKeyHeader, key, "Authorization", "Bearer x"},
		"key and another scheme":   {APIKeyHeader, key, "Authorization", "Basic x"},
		"key and empty":            {APIKeyHeader, key, "Authorization", ""},
		"a key twice":              {APIKeyHeader, key, APIKeyHeader, key},
		"a key that is bad, twice": {APIKeyHeader, "", APIKeyHeader, "", "Authorization", "Bearer x"},
	} {
		if got, err := asked(v, headers...); !errors.Is(err, refusedSeveral) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewAPIKey(t *testing.T) {
	a, hashA := NewAPIKey()
	b, hashB := NewAPIKey()
	if a == b || hashA == hashB || !isAPIKey(a) || strings.Contains(hashA, a) {
		t.Errorf("%s %s, %s %s", a, hashA, b, hashB)
	}
}

func TestAPIKeysValidate(t *testing.T) {
	_, hash := NewAPIKey()
	good := APIKey{Name: "till", Hash: hash}
	for name, c := range map[string]struct {
		change func(*APIKey)
		want   []string
	}{
		"good":          {func(*APIKey) {}, nil},
		"no name":       {func(k *APIKey) { k.Name = "" }, []string{"keys[0].name"}},
		"no hash":       {func(k *APIKey) { k.Hash = "" }, []string{"keys[0].hash"}},
		"the key":       {func(k *APIKey) { k.Hash, _ = NewAPIKey() }, []string{"keys[0].hash"}},
		"short hash":    {func(k *APIKey) { k.Hash = hash[:60] }, []string{"keys[0].hash"}},
		"other hash":    {func(k *APIKey) { k.Hash = "sha1" + hash[6:] }, []string{"keys[0].hash"}},
		"no time":       {func(k *APIKey) { k.Expires = "tomorrow" }, []string{"keys[0].expires"}},
		"two scopes":    {func(k *APIKey) { k.Scopes = []string{"a b", "c", ""} }, []string{"keys[0].scopes[0]", "keys[0].scopes[2]"}},
		"long subject":  {func(k *APIKey) { k.Subject = strings.Repeat("x", 256) }, []string{"keys[0].subject"}},
		"many problems": {func(k *APIKey) { *k = APIKey{Expires: "x"} }, []string{"keys[0].name", "keys[0].hash", "keys[0].expires"}},
	} {
		key := good
		c.change(&key)
		var got []string
		for _, problem := range (APIKeysConfig{Keys: []APIKey{key}}).Validate() {
			got = append(got, problem.Path)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if problems := (APIKeysConfig{Keys: []APIKey{good, good}}).Validate(); len(problems) != 2 {
		t.Errorf("twice: %v", problems)
	}
}
