package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/app"
	"tiffin/internal/testkit/pki"
)

// A service's certificates that are bad at the start keep the gateway from it, and `config check` says so with the line.
func TestAServicesFilesMustBeThere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "ca.pem")
	source := "mode: development\nservices:\n" +
		"  orders:\n    url: https://orders\n    tls: {ca_file: " + missing + "}\n" +
		"  inventory: {url: http://i}\n  payments: {url: http://p}\n  delivery: {url: http://d}\n  geocoding: {url: http://g}\n" +
		"checkout: {journal: {kind: memory}}\n"
	want := "services.orders.tls.ca_file: " + missing + " cannot be read: no such file or directory; put it there"
	cfg, err := app.Parse("t.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(cfg, app.Deps{}); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("New: %v", err)
	}
	file := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Check(file); err == nil || !strings.Contains(err.Error(), file+":5:11: "+want) {
		t.Errorf("Check: %v", err)
	}
	if err := os.WriteFile(missing, pki.NewCA("shop").PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Check(file); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// While the gateway runs a bad file is said once, by the key of its service, and so is that one is used.
func TestAServicesFilesAreReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(pki.NewCA("before").PEM)
	synctest.Test(t, func(t *testing.T) {
		w := idle(t)
		urls := w.ServiceURLs()
		plain := urls["orders"]
		w.run(t, strings.Replace(w.config(), `{url: "`+plain+`"`, `{url: "`+strings.Replace(plain, "http:", "https:", 1)+`", tls: {ca_file: `+file+`}`, 1))
		for _, text := range [][]byte{[]byte("none"), pki.NewCA("after").PEM} {
			write(text)
			<-time.After(31 * time.Second) // within which the files are looked at three times
		}
		w.end()
		if err := <-w.ended; err != nil {
			t.Error(err)
		}
		for line, want := range map[string]int{
			`cannot be used: what was read before stays","key":"services.orders.tls","error":"tls.ca_file: ` + file + ` has no certificate in it; `: 1,
			`is used from now on","key":"services.orders.tls"`: 1,
			`"key":"services.`: 2,
		} {
			if n := strings.Count(w.log.String(), line); n != want {
				t.Errorf("%d lines with %s, want %d", n, line, want)
			}
		}
	})
}
