package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway"
	"tiffin/gateway/persisted"
	"tiffin/gateway/ratelimit"
)

const (
	listed   = "query Listed {hello}"
	stranger = "query Stranger {hello}"
	greeting = `{"data":{"hello":"hello world"}}`
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// named is a POST that names a document by Apollo's extension, with its text or without.
func named(hash, text string) request {
	body := `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":` + encode(hash) + `}}`
	if text != "" {
		body += `,"query":` + encode(text)
	}
	return request{body: body + "}"}.with("Accept", graphqlType)
}

func body(text string) request { return request{body: text}.with("Accept", graphqlType) }

// Apollo's protocol: name, bring, name again.
func TestAutomaticPersistedQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		hash := hashOf(listed)
		if got := e.do(named(hash, "")); got.status != 400 || got.code() != "PERSISTED_QUERY_NOT_FOUND" || got.message() != "PersistedQueryNotFound" {
			t.Errorf("named: %d %s", got.status, got.text)
		}
		if got := e.do(request{body: named(hash, "").body}); got.status != 200 {
			t.Errorf("named, as JSON: %d %s", got.status, got.text)
		}
		if got := e.do(named(hash, stranger)); got.status != 400 || got.code() != "BAD_REQUEST" {
			t.Errorf("another's hash: %d %s", got.status, got.text)
		}
		if got := e.do(named(hash, "")); got.code() != "PERSISTED_QUERY_NOT_FOUND" {
			t.Errorf("a text that is not the hash's was kept: %s", got.text)
		}
		bad := "query Bad {nothing}"
		e.do(named(hashOf(bad), bad))
		if got := e.do(named(hashOf(bad), "")); got.code() != "PERSISTED_QUERY_NOT_FOUND" {
			t.Errorf("a document that is not valid was kept: %s", got.text)
		}
		if got := e.do(named(hash, listed)); got.text != greeting {
			t.Errorf("brought: %s", got.text)
		}
		if got := e.do(named(hash, "")); got.text != greeting {
			t.Errorf("named again: %s", got.text)
		}
		values := url.Values{"extensions": {`{"persistedQuery":{"version":1,"sha256Hash":"` + hash + `"}}`}}
		if got := e.do(request{method: "GET", query: values.Encode()}.with("X-Operation-Name", "Listed")); got.text != greeting {
			t.Errorf("by GET: %s", got.text)
		}
		if got := e.do(request{method: "GET", query: values.Encode()}); got.status != 400 || got.code() != "BAD_REQUEST" {
			t.Errorf("by a GET that a foreign page can send: %d %s", got.status, got.text)
		}
	})
}

func TestAutomaticPersistedQueriesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		cfg.Persisted.Automatic.MaxDocument = 100
		e := start(t, cfg)
		long := listed + "#" + strings.Repeat("x", 100)
		if got := e.do(named(hashOf(long), long)); got.text != greeting {
			t.Errorf("%s", got.text)
		}
		if got := e.do(named(hashOf(long), "")); got.code() != "PERSISTED_QUERY_NOT_FOUND" {
			t.Errorf("a long document was kept: %s", got.text)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		cfg.Persisted.Automatic.Disabled = true
		e := start(t, cfg)
		if got := e.do(named(hashOf(listed), "")); got.code() != "PERSISTED_QUERY_NOT_SUPPORTED" || got.message() != "PersistedQueryNotSupported" {
			t.Errorf("%s", got.text)
		}
		if got := e.do(named(hashOf(listed), listed)); got.text != greeting {
			t.Errorf("%s", got.text)
		}
	})
}

// Only what is executed is kept: not what its caller may not have, nor what is beyond their quota.
func TestWhatIsRefusedIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		cfg.RateLimit.User = ratelimit.Limit{Burst: 2, Every: time.Hour}
		e := start(t, cfg)
		private := "query Private {secret}"
		if got := e.do(named(hashOf(private), private)); got.status != 401 {
			t.Fatalf("%d %s", got.status, got.text)
		}
		if got := e.do(named(hashOf(private), "")); got.code() != "PERSISTED_QUERY_NOT_FOUND" {
			t.Errorf("kept for who may not have it: %s", got.text)
		}
		e.do(named(hashOf(listed), listed))
		e.do(named(hashOf(listed), ""))
		if got := e.do(named(hashOf(stranger), stranger)); got.status != 429 {
			t.Fatalf("%d %s", got.status, got.text)
		}
		if got := e.do(named(hashOf(stranger), "")); got.code() != "PERSISTED_QUERY_NOT_FOUND" {
			t.Errorf("kept beyond the quota: %s", got.text)
		}
	})
}

func TestMalformedNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		for _, extension := range []string{
			`7`, `"x"`, `[]`, `{}`, `{"version":2,"sha256Hash":"a"}`, `{"version":1}`, `{"version":1,"sha256Hash":""}`, `{"version":1,"sha256Hash":7}`,
			`{"version":1.5,"sha256Hash":"a"}`, `{"version":1,"sha256Hash":"` + strings.Repeat("a", 300) + `"}`,
		} {
			if got := e.do(body(`{"extensions":{"persistedQuery":` + extension + `}}`)); got.status != 400 || got.code() != "BAD_REQUEST" {
				t.Errorf("%.60s: %d %s", extension, got.status, got.text)
			}
		}
		for _, text := range []string{`{"documentId":7}`, `{"doc_id":{}}`, `{"id":[]}`} {
			if got := e.do(body(text)); got.status != 400 || !strings.Contains(got.message(), "must be a string or null") {
				t.Errorf("%s: %d %s", text, got.status, got.text)
			}
		}
		if got := e.do(body(`{"documentId":"unknown"}`)); got.code() != "PERSISTED_QUERY_NOT_FOUND" {
			t.Errorf("%s", got.text)
		}
		if got := e.do(body(`{"extensions":{"persistedQuery":null},"query":"{hello}","documentId":null}`)); got.text != greeting {
			t.Errorf("%s", got.text)
		}
	})
}

// manifest writes a file with the listed document, in each of the formats.
func manifest(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "documents.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What of a request is served in each mode: by the document's text, by its id, and both together.
func TestTrustedDocuments(t *testing.T) {
	apollo := `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"L","name":"Listed","type":"query","body":` + encode(listed) + `}]}`
	plain := `{"L":` + encode(listed) + `}`
	requests := map[string]request{
		"text":          post(listed).with("Accept", graphqlType),
		"id":            body(`{"documentId":"L"}`),
		"Relay's id":    body(`{"doc_id":"L"}`),
		"plain id":      body(`{"id":"L"}`),
		"sha256: id":    body(`{"documentId":"sha256:L"}`),
		"Apollo's id":   named("L", ""),
		"GET":           request{method: "GET", query: "documentId=L"}.with("X-Operation-Name", "Listed"),
		"GET, Relay's":  request{method: "GET", query: "doc_id=L"}.with("X-Operation-Name", "Listed"),
		"GET, plain":    request{method: "GET", query: "id=L"}.with("X-Operation-Name", "Listed"),
		"GET, twice":    request{method: "GET", query: "id=L&id=M"}.with("X-Operation-Name", "Listed").with("Accept", graphqlType),
		"id and text":   named("L", listed),
		"other id":      body(`{"documentId":"M"}`),
		"stranger":      post(stranger).with("Accept", graphqlType),
		"stranger's id": named("L", stranger),
		"brought":       named(hashOf(stranger), stranger),
	}
	served := func(names ...string) map[string]string {
		want := map[string]string{
			"text": "", "id": "", "Relay's id": "", "plain id": "", "sha256: id": "", "Apollo's id": "", "GET": "", "GET, Relay's": "", "GET, plain": "", "GET, twice": "BAD_REQUEST", "id and text": "",
			"other id": "PERSISTED_QUERY_NOT_FOUND", "stranger": "", "stranger's id": "BAD_REQUEST", "brought": "",
		}
		for n := 0; n < len(names); n += 2 {
			want[names[n]] = names[n+1]
		}
		return want
	}
	const no, needed = "DOCUMENT_NOT_TRUSTED", "DOCUMENT_ID_REQUIRED"
	for name, c := range map[string]struct {
		cfg   persisted.TrustedConfig
		scope string
		want  map[string]string // the code of each request
		told  int               // lines in the log
	}{
		"measure":        {persisted.TrustedConfig{Mode: persisted.Measure}, "", served(), 3},
		"measure, by id": {persisted.TrustedConfig{Mode: persisted.Measure, RequireID: true}, "", served(), 4},
		"enforce":        {persisted.TrustedConfig{Mode: persisted.Enforce}, "", served("stranger", no, "stranger's id", no, "brought", no), 0},
		"enforce, by id": {
			persisted.TrustedConfig{Mode: persisted.Enforce, RequireID: true},
			"",
			served("text", needed, "stranger", no, "stranger's id", no, "brought", no), 0,
		},
		"enforce, not the scope": {
			persisted.TrustedConfig{Mode: persisted.Enforce, BypassScope: "documents:any"},
			"other",
			served("stranger", no, "stranger's id", no, "brought", no), 0,
		},
		"enforce, by scope": {
			persisted.TrustedConfig{Mode: persisted.Enforce, RequireID: true, BypassScope: "documents:any"},
			"documents:any",
			served("stranger's id", ""), 0,
		},
	} {
		for format, text := range map[string]string{"Apollo": apollo, "plain": plain} {
			synctest.Test(t, func(t *testing.T) {
				var cfg gateway.Config
				c.cfg.File = manifest(t, text)
				cfg.Persisted.Trusted = c.cfg
				e := start(t, cfg)
				for what, r := range requests {
					got := e.do(r.bearer(e.token(c.scope)))
					if got.code() != c.want[what] || (got.code() == "") != (got.text == greeting) {
						t.Errorf("%s, %s: %s: %d %s, want %q", name, format, what, got.status, got.text, c.want[what])
					}
				}
				if n := len(e.log.lines(t, "document is not trusted")); n != c.told {
					t.Errorf("%s: %d lines in the log, want %d", name, n, c.told)
				}
			})
		}
	}
}

func TestTrustedDocumentsMustBeGoodAtTheStart(t *testing.T) {
	for path, want := range map[string]string{filepath.Join(t.TempDir(), "none"): "no such file", manifest(t, "{}"): "has no document"} {
		var cfg gateway.Config
		cfg.Persisted.Trusted = persisted.TrustedConfig{Mode: persisted.Measure, File: path}
		if _, err := gateway.New(cfg, gateway.Deps{Schema: guardedSchema(&fetches{}), Logger: newLogger(&logBook{})}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, c := range []struct{ cfg persisted.Config }{
		{persisted.Config{Trusted: persisted.TrustedConfig{Mode: "on"}}},
		{persisted.Config{Trusted: persisted.TrustedConfig{Mode: persisted.Enforce}}},
		{persisted.Config{Trusted: persisted.TrustedConfig{Poll: -1}}},
		{persisted.Config{Automatic: persisted.AutomaticConfig{MaxDocument: -1}}},
	} {
		if problems := c.cfg.Validate(); len(problems) != 1 || problems[0].Path == "" || problems[0].Remedy == "" {
			t.Errorf("%+v: %v", c.cfg, problems)
		}
	}
	if problems := (persisted.Config{}).WithDefaults().Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}
