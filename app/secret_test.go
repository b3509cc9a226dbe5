package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tiffin/app"
	"tiffin/checkout"
	"tiffin/gateway/auth"
)

func TestSecretsAreNotShown(t *testing.T) {
	cfg := app.Defaults()
	cfg.Checkout.Secrets = []checkout.Secret{{ID: "a", Key: "hunter2-key"}}
	cfg.Checkout.Journal.DSN = "postgres://user:hunter2@db"
	cfg.Cache.Redis = "redis://:hunter2@cache"
	cfg.Edge.RateLimit.Redis.URL = "redis://:hunter2@limits"
	cfg.Telemetry.Tracing.Endpoint = "http://user:hunter2@collector:4318/v1/traces" // refused, but shown by whom it is not asked
	cfg.Auth.Issuers = []auth.IssuerConfig{{URL: "https://user:hunter2@issuer"}}
	before := fmt.Sprint(cfg)
	text := string(mustYAML(t, cfg))
	if strings.Contains(text, "hunter2") || strings.Count(text, "<masked>") != 6 || !strings.Contains(text, "http://<masked>@collector:4318/v1/traces") {
		t.Error(text)
	}
	if diff := cmp.Diff(before, fmt.Sprint(cfg)); diff != "" {
		t.Errorf("the configuration itself was masked: %s", diff)
	}
}

// A key whose name says that it is a secret is tagged as one, wherever a package has put it.
func TestSecretKeysAreTagged(t *testing.T) {
	named := regexp.MustCompile(`(^|_)(secret|password|passphrase|dsn|redis|credential|bearer|private_key|api_key)$`)
	seen := 0
	var walk func(t reflect.Type, path string)
	walk = func(of reflect.Type, path string) {
		switch of.Kind() {
		case reflect.Slice, reflect.Map:
			walk(of.Elem(), path)
		case reflect.Struct:
			for field := range of.Fields() {
				key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
				if field.Type.Kind() == reflect.String && named.MatchString(key) {
					seen++
					if field.Tag.Get("secret") != "true" {
						t.Errorf("%s.%s (%v.%s) has no tag secret:\"true\"", path, key, of, field.Name)
					}
				}
				walk(field.Type, path+"."+key)
			}
		default: // no secret
		}
	}
	walk(reflect.TypeFor[app.Config](), "")
	if seen < 2 {
		t.Errorf("only %d secrets were found", seen)
	}
}

// What a file takes from outside is checked with its value, and shown as the file has it.
func TestReferencesAreShownAsTheyAreWritten(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "key")
	if err := os.WriteFile(secret, []byte("hunter2-hunter2-hunter2-hunter2-hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TIFFIN_TEST_ORDERS", "hunter2.internal")
	source := strings.Replace(sound, "0123456789012345678901234567890123456789", "${file:"+secret+"}", 1)
	source = "mode: ${TIFFIN_TEST_MODE:-development}\n" + strings.Replace(source, "10.0.0.1", "${TIFFIN_TEST_ORDERS}:8080", 1)
	file := filepath.Join(dir, "tiffin.yaml")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := app.Load(file)
	if err != nil || cfg.Services.Orders.URL != "http://hunter2.internal:8080" || cfg.Mode != app.Development || cfg.Checkout.Secrets[0].Key != "hunter2-hunter2-hunter2-hunter2-hunter2" {
		t.Errorf("%v %v %v", err, cfg.Services.Orders.URL, cfg.Mode)
	}
	shown, err := app.Show(file)
	if err != nil || strings.Contains(string(shown), "hunter2") || !strings.Contains(string(shown), "http://${TIFFIN_TEST_ORDERS}:8080") {
		t.Errorf("%v\n%s", err, shown)
	}
	t.Setenv("TIFFIN_TEST_MODE", "hunter2\nmode: development")
	if _, err := app.Load(file); err == nil || !strings.Contains(err.Error(), "mode: ") {
		t.Errorf("what comes from outside is text: %v", err)
	}
	t.Setenv("TIFFIN_TEST_ORDERS", "")
	if _, err := app.Show(file); err == nil || !strings.Contains(err.Error(), "services.orders.url: needs the variable TIFFIN_TEST_ORDERS") {
		t.Errorf("%v", err)
	}
}
