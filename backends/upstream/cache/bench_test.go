package cache_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tiffin/backends/upstream/cache"
	"tiffin/internal/kv"
)

// A hit of a 4 KiB menu with a tag; the body is read.
func BenchmarkHit(b *testing.B) {
	benchmark(b, "/menus/1", func(t cache.Config) cache.Config { return t })
}

// The same without a route: what the position costs where it does nothing.
func BenchmarkBypass(b *testing.B) {
	benchmark(b, "/other", func(t cache.Config) cache.Config { return t })
}

func benchmark(b *testing.B, target string, change func(cache.Config) cache.Config) {
	b.Helper()
	store, err := kv.New(kv.Defaults(), kv.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	menu := strings.Repeat("dosa", 1024)
	next := nextFunc(func(req *http.Request) (*http.Response, error) {
		header := http.Header{"Content-Type": {"application/json"}, "Etag": {`"v1"`}, "Date": {"Sat, 01 Jan 2000 00:00:00 GMT"}, "Cache-Control": {"max-age=1000000000"}}
		return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(menu)), Request: req}, nil
	})
	cfg := change(routes(cache.Route{Path: "/menus/{id}", TTL: time.Hour, Tags: []string{"menu:{id}"}}))
	c, err := cache.New(cfg, cache.Deps{Next: next, Store: store})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://shop"+target, http.NoBody)
	req.Header.Set("Accept-Language", "de")
	buffer := make([]byte, 8<<10)
	b.ReportAllocs()
	for b.Loop() {
		res, err := c.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		if n, _ := io.ReadFull(res.Body, buffer); n != len(menu) {
			b.Fatal(n)
		}
		_ = res.Body.Close()
	}
}
