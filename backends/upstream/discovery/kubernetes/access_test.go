package kubernetes_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"tiffin/backends/upstream/discovery/discoverytest"
	"tiffin/backends/upstream/discovery/kubernetes"
)

func TestToken(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		f.writeToken("0ld-t0ken")
		w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
		err := w.Failure()
		if text := err.Error(); !strings.Contains(text, `status 401, "Unauthorized"; the service account needs list and watch`) || strings.Contains(text, "t0ken") {
			t.Errorf("wrong token: %v", err)
		}
		f.writeToken("t0ken")
		w.Recovery(discoverytest.Endpoints("10.0.0.1"))
		synctest.Wait() // watching
		f.writeToken("n3w")
		f.do(func() { f.token = "n3w" })
		f.endWatches()
		f.Set(discoverytest.Endpoints("10.0.0.2"))
		w.Set(discoverytest.Endpoints("10.0.0.2"))
		synctest.Wait()
		f.endWatches()
		os.Remove(f.tokenFile)
		if err := w.Failure(); !strings.Contains(err.Error(), "reading the token: ") {
			t.Errorf("without a token: %v", err)
		}
	})
}

// Another namespace needs another role.
func TestForbidden(t *testing.T) {
	in(t, func(t *testing.T, _ *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		cfg.Namespace = "kitchen"
		err := discoverytest.Start(t, kubernetes.New(cfg, deps), false).Failure()
		if text := err.Error(); !strings.HasPrefix(text, "watching the EndpointSlices of kitchen/orders at https://api.test:443: status 403, ") || !strings.Contains(text, "needs list and watch") {
			t.Errorf("failure %v", err)
		}
	})
}

// The API server's authority is read anew in every session.
func TestCertificateRotates(t *testing.T) {
	in(t, func(t *testing.T, f *far, cfg kubernetes.Config, deps kubernetes.Deps) {
		cfg.CAFile = filepath.Join(t.TempDir(), "ca.crt")
		w := discoverytest.Start(t, kubernetes.New(cfg, deps), false)
		if err := w.Failure(); !strings.Contains(err.Error(), "reading the CA file: ") {
			t.Errorf("without the file: %v", err)
		}
		write := func(text []byte) {
			if err := os.WriteFile(cfg.CAFile, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		until := func(want string) {
			t.Helper()
			for range 20 {
				if strings.Contains(w.Failure().Error(), want) {
					return
				}
			}
			t.Fatalf("no failure with %q", want)
		}
		write([]byte("nothing"))
		until("holds no certificate in PEM")
		f.certificate(cfg.CAFile) // somebody else's
		until("certificate signed by unknown authority")
		right, _ := os.ReadFile(f.caFile)
		write(right)
		w.Recovery(discoverytest.Endpoints("10.0.0.1"))
	})
}

func TestOutsideOfACluster(t *testing.T) {
	cfg := kubernetes.Defaults()
	cfg.Namespace, cfg.Service, cfg.Port = "shop", "orders", "http"
	err := kubernetes.New(cfg, kubernetes.Deps{Getenv: func(string) string { return "" }}).Watch(t.Context(), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "name the API server with ?api=") {
		t.Errorf("%v", err)
	}
}

// kubectl proxy speaks plain HTTP and wants no token, so it gets none.
func TestProxy(t *testing.T) {
	f := newFar(t, discoverytest.Endpoints("10.0.0.1"))
	f.do(func() { f.token = "" })
	var tokens []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("Authorization"))
		r.Header.Set("Authorization", "Bearer ")
		f.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	cfg := kubernetes.Defaults()
	cfg.Namespace, cfg.Service, cfg.Port, cfg.API, cfg.TokenFile = "shop", "orders", "http", server.URL, f.tokenFile
	w := discoverytest.Start(t, kubernetes.New(cfg, kubernetes.Deps{}), true)
	w.Set(discoverytest.Endpoints("10.0.0.1"))
	f.Set(discoverytest.Endpoints("10.0.0.2"))
	w.Set(discoverytest.Endpoints("10.0.0.2"))
	w.Stop()
	server.Close()
	if strings.Join(tokens, "") != "" {
		t.Errorf("sent %q", tokens)
	}
}
