package credential_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/credential"
	"tiffin/internal/testkit/oidctest"
)

// A certified provider gives us tokens, for what we ask of it.
func TestCertifiedProvider(t *testing.T) {
	p := oidctest.Start(t)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for name, c := range map[string]struct {
		issuer string
		parts  int
	}{"JWT": {p.JWT, 3}, "opaque": {p.Opaque, 1}} {
		next := &service{}
		cfg := credential.Defaults()
		cfg.Credential, cfg.OAuth.TokenURL, cfg.OAuth.Timeout = credential.Client, c.issuer+"/token", 30*time.Second
		cfg.OAuth.ClientID, cfg.OAuth.ClientSecret = oidctest.ClientID, oidctest.ClientSecret
		cfg.OAuth.Scopes, cfg.OAuth.Resource = []string{"orders:read"}, "https://tiffin.test/"
		place := &place{t: t, service: next, chain: call.Start(call.Config{}, attach(cfg, transport, next))}
		place.ok(t.Context())
		token, ok := strings.CutPrefix(strings.Join(next.got, ""), "GET Bearer ")
		if !ok || len(strings.Split(token, ".")) != c.parts {
			t.Errorf("%s: %q", name, next.got)
		}
		cfg.OAuth.ClientSecret = "wrong"
		place.chain = call.Start(call.Config{}, attach(cfg, transport, next))
		if _, err := place.send(t.Context(), http.MethodGet, ""); err == nil || !strings.Contains(err.Error(), "invalid_client") {
			t.Errorf("%s: with a wrong secret: %v", name, err)
		}
	}
}
