package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/app"
	"tiffin/internal/testkit/pki"
)

// apiKey makes a key and its entry, each line indented for a place in a file.
func apiKey(t *testing.T, about app.APIKey, indent string) (key, entry string) {
	t.Helper()
	key, text, err := app.NewAPIKey(about)
	if err != nil {
		t.Fatal(err)
	}
	return key, strings.ReplaceAll(indent+strings.TrimSuffix(string(text), "\n"), "\n", "\n"+indent) + "\n"
}

// me asks who one is, with a header.
func (w *world) me(t *testing.T, name, value string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://gateway/graphql", strings.NewReader(`{"query":"{me{name}}"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	req.Header.Set(name, value)
	res, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// Keys of the configuration and of the file count together; the file's as it is now, for a key that leaked must end without a restart.
func TestAPIKeysOfConfigurationAndFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.yaml")
	first, entry := apiKey(t, app.APIKey{Name: "first", Class: "partner"}, "      ")
	second, listed := apiKey(t, app.APIKey{Name: "second"}, "")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("keys:\n" + listed)
	synctest.Test(t, func(t *testing.T) {
		w := idle(t)
		issuers := fmt.Sprintf("auth: {issuers: [{url: %s, audience: tiffin}]}\n", w.IssuerURL())
		w.run(t, strings.Replace(w.config(), issuers, "auth:\n  api_keys:\n    file: "+file+"\n    keys:\n"+entry, 1))
		for _, step := range []struct {
			change string
			works  bool
		}{
			{"", true},
			{"keys: [", true}, // a file that is broken changes nothing
			{"keys: []\n", false},
			{"keys:\n" + strings.Replace(listed, "second", "first", 1), false}, // that name is taken
			{"keys:\n" + listed, true},
		} {
			if step.change != "" {
				write(step.change)
				<-time.After(11 * time.Second) // within which the files are looked at
			}
			want := map[bool]int{true: 200, false: 401}[step.works]
			if status, text := w.me(t, "X-Api-Key", second); status != want {
				t.Errorf("after %q: %d %s", step.change, status, text)
			}
			if status, text := w.me(t, "X-Api-Key", first); status != 200 || !strings.Contains(text, `"first"`) {
				t.Errorf("the key of the configuration: %d %s", status, text)
			}
		}
		w.end()
		if err := <-w.ended; err != nil {
			t.Error(err)
		}
		for _, key := range []string{first, second} {
			if strings.Contains(w.log.String(), key) {
				t.Error("a key is in the log")
			}
		}
		if n := strings.Count(w.log.String(), "cannot be used"); n != 2 {
			t.Errorf("%d lines about a broken file", n)
		}
	})
}

func TestAPIKeyFileMustBeThere(t *testing.T) {
	cfg := app.Defaults()
	cfg.Mode, cfg.Auth.APIKeys.File = app.Development, "missing.yaml"
	urls(&cfg)
	if _, err := app.New(cfg, app.Deps{}); err == nil || !strings.Contains(err.Error(), "auth.api_keys.file") {
		t.Error(err)
	}
}

func urls(cfg *app.Config) {
	for _, service := range []*app.ServiceConfig{
		&cfg.Services.Orders, &cfg.Services.Inventory, &cfg.Services.Payments, &cfg.Services.Delivery, &cfg.Services.Geocoding,
	} {
		service.URL = "http://127.0.0.1:1"
	}
}

// The whole program by TLS over real sockets: a client is who its certificate says, and the gateway's certificate can be replaced.
func TestTLSWithClientCertificate(t *testing.T) {
	folder := t.TempDir()
	servers, clients := pki.NewCA("servers"), pki.NewCA("clients")
	path := func(name string) string { return filepath.Join(folder, name) }
	write := func(name string, text []byte) {
		if err := os.WriteFile(path(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf := servers.Issue(pki.Leaf{DNS: []string{"gateway.test"}, Server: true})
	write("cert.pem", leaf.CertPEM)
	write("key.pem", leaf.KeyPEM)
	write("clients.pem", clients.PEM)
	cfg, err := app.Parse("test", fmt.Appendf(nil, `
mode: development
listen: 127.0.0.1:0
admin: 127.0.0.1:0
tls: {cert: %[1]s/cert.pem, key: %[1]s/key.pem, client_ca: %[1]s/clients.pem, client_auth: request}
auth: {certificates: [{san: "uri:spiffe://example.org/kiosk", subject: kiosk}]}
services: {orders: {url: "http://127.0.0.1:1"}, inventory: {url: "http://127.0.0.1:1"}, payments: {url: "http://127.0.0.1:1"}, delivery: {url: "http://127.0.0.1:1"}, geocoding: {url: "http://127.0.0.1:1"}}
checkout: {journal: {kind: memory}}
`, folder))
	if err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan app.Addresses, 1), make(chan error, 1)
	program, err := app.New(cfg, app.Deps{OnReady: func(at app.Addresses) { ready <- at }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { ended <- program.Run(ctx) }()
	at := <-ready
	ask := func(as *pki.Certificate) (status int, text string) {
		t.Helper()
		config := &tls.Config{RootCAs: servers.Pool(), ServerName: "gateway.test"}
		if as != nil {
			config.Certificates = []tls.Certificate{as.TLS}
		}
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		req, _ := http.NewRequest(http.MethodPost, "https://"+at.Listen+"/graphql", bytes.NewReader([]byte(`{"query":"{me{name}}"}`)))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/graphql-response+json")
		res, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	kiosk := clients.Issue(pki.Leaf{URI: []string{"spiffe://example.org/kiosk"}})
	other := clients.Issue(pki.Leaf{URI: []string{"spiffe://example.org/other"}})
	var answered struct {
		Data struct{ Me struct{ Name string } }
	}
	if status, text := ask(&kiosk); status != 200 || json.Unmarshal([]byte(text), &answered) != nil || answered.Data.Me.Name != "kiosk" {
		t.Errorf("kiosk: %d %s", status, text)
	}
	if status, text := ask(&other); status != 401 || !strings.Contains(text, "not one that is known") {
		t.Errorf("a client that is not listed: %d %s", status, text)
	}
	if status, text := ask(nil); status != 401 {
		t.Errorf("nobody: %d %s", status, text)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAuthConfigProblems(t *testing.T) {
	for text, want := range map[string]string{
		"auth: {certificates: [{san: \"dns:a\", subject: a}]}\n": "auth.certificates: are never shown",
		"tls: {cert: a}\n": "tls.key: is missing",
		"auth: {issuers: [], api_keys: {keys: [{}]}}\n": "auth.api_keys.keys[0].name",
	} {
		if _, err := app.Parse("t.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s%v", text, err)
		}
	}
}

func TestClientSecretsAreMasked(t *testing.T) {
	cfg := app.Defaults()
	if err := json.Unmarshal([]byte(`[{"URL":"http://a","Introspection":{"ClientSecret":"hunter2"}}]`), &cfg.Auth.Issuers); err != nil {
		t.Fatal(err)
	}
	text, err := cfg.YAML()
	if err != nil || strings.Contains(string(text), "hunter2") || cfg.Auth.Issuers[0].Introspection.ClientSecret != "hunter2" {
		t.Errorf("%v\n%s", err, text)
	}
}
