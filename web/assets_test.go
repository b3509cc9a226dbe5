package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// script is some embedded file whose name has a hash.
func script(t *testing.T) string {
	t.Helper()
	for path := range assetHandlers() {
		if strings.HasPrefix(path, "/graphiql/index-") && strings.HasSuffix(path, ".js") {
			return path
		}
	}
	t.Fatal("there is no /graphiql/index-….js")
	return ""
}

func TestBothEncodingsHoldTheSame(t *testing.T) {
	h := page(t)
	for path := range assetHandlers() {
		plain := get(t, h, http.MethodGet, path)
		packed := get(t, h, http.MethodGet, path, "Accept-Encoding", "gzip")
		if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: encodings %q and %q", path, plain.Header.Get("Content-Encoding"), packed.Header.Get("Content-Encoding"))
		}
		if plain.Header.Get("Vary") != "Accept-Encoding" || packed.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary is missing", path)
		}
		if plain.Header.Get("ETag") == packed.Header.Get("ETag") {
			t.Errorf("%s: one ETag for two representations", path)
		}
		zr, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		unpacked, err := io.ReadAll(zr)
		if err != nil || string(unpacked) != body(t, plain) {
			t.Errorf("%s: the encodings differ (%v)", path, err)
		}
	}
}

func TestCaching(t *testing.T) {
	tests := map[string]string{
		"/":                     "no-cache",
		"/graphiql/licenses.md": "no-cache",
		script(t):               "public, max-age=31536000, immutable",
	}
	for path, want := range tests {
		if got := get(t, page(t), http.MethodGet, path).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control = %q, want %q", path, got, want)
		}
	}
}

func TestRevalidation(t *testing.T) {
	h := page(t)
	tag := get(t, h, http.MethodGet, "/").Header.Get("ETag")
	packedTag := get(t, h, http.MethodGet, "/", "Accept-Encoding", "gzip").Header.Get("ETag")
	tests := map[string]struct {
		encoding, ifNoneMatch string
		want                  int
	}{
		"same":             {"identity", tag, http.StatusNotModified},
		"same, compressed": {"gzip", packedTag, http.StatusNotModified},
		"weak":             {"identity", "W/" + tag, http.StatusNotModified},
		"one of several":   {"identity", `"other", ` + tag, http.StatusNotModified},
		"any":              {"identity", "*", http.StatusNotModified},
		"other":            {"identity", `"other"`, http.StatusOK},
		"other encoding":   {"identity", packedTag, http.StatusOK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := get(t, h, http.MethodGet, "/", "Accept-Encoding", tt.encoding, "If-None-Match", tt.ifNoneMatch)
			if res.StatusCode != tt.want {
				t.Errorf("status = %d, want %d", res.StatusCode, tt.want)
			}
			if empty := body(t, res) == ""; empty != (tt.want == http.StatusNotModified) {
				t.Errorf("status %d, empty body: %v", res.StatusCode, empty)
			}
			if res.Header.Get("ETag") == "" || res.Header.Get("Cache-Control") != "no-cache" {
				t.Errorf("ETag %q, Cache-Control %q", res.Header.Get("ETag"), res.Header.Get("Cache-Control"))
			}
		})
	}
}

func TestHeadHasNoBody(t *testing.T) {
	res := get(t, page(t), http.MethodHead, script(t))
	if res.StatusCode != http.StatusOK || body(t, res) != "" || res.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD = %d, Content-Length %q", res.StatusCode, res.Header.Get("Content-Length"))
	}
}
