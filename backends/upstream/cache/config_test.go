package cache_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tiffin/backends/upstream/cache"
)

func TestConfig(t *testing.T) {
	route := func(change func(*cache.Route)) func(*cache.Config) {
		return func(c *cache.Config) { change(&c.Routes[0]) }
	}
	tests := []struct {
		spoil func(*cache.Config)
		want  string // "" where there is no problem
	}{
		{func(*cache.Config) {}, ""},
		{func(c *cache.Config) { c.Negative = -1 }, "negative: is not 0 to 24h0m0s"},
		{func(c *cache.Config) { c.Keep = 25 * time.Hour }, "keep: is not 0 to"},
		{func(c *cache.Config) { c.Jitter = 0.6 }, "jitter: is not a part"},
		{func(c *cache.Config) { c.MaxBody = 0 }, "max_body: is not a positive"},
		{func(c *cache.Config) { c.FillTimeout = 0 }, "fill_timeout: is not a positive"},
		{func(c *cache.Config) { c.Refreshes = 0 }, "refreshes: is not 1 to"},
		{func(c *cache.Config) { c.Routes = make([]cache.Route, 101) }, "routes: are more than 100"},
		{route(func(r *cache.Route) { r.Path = "" }), "routes[0].path: is not an absolute path"},
		{route(func(r *cache.Route) { r.Path = "menus" }), "routes[0].path: is not an absolute path"},
		{route(func(r *cache.Route) { r.Path = "/menus?x={x}" }), "routes[0].path: is not an absolute path"},
		{route(func(r *cache.Route) { r.Path = "/menus/x{id}" }), "routes[0].path: has a part"},
		{route(func(r *cache.Route) { r.Path = "/{}" }), "routes[0].path: has a part"},
		{route(func(r *cache.Route) { r.Path = "/{a...}/b" }), "routes[0].path: goes on after {a...}"},
		{route(func(r *cache.Route) { r.Scope = "shared" }), "routes[0].scope: is not a scope; write public or private"},
		{route(func(r *cache.Route) { r.TTL = -1 }), "routes[0].ttl: is not 0 to"},
		{route(func(r *cache.Route) { r.StaleWhileRevalidate = -1 }), "routes[0].stale_while_revalidate: "},
		{route(func(r *cache.Route) { r.StaleIfError = 48 * time.Hour }), "routes[0].stale_if_error: "},
		{route(func(r *cache.Route) { r.Tags = []string{"ok", "a b"} }), "routes[0].tags[1]: is not 1 to 100"},
		{route(func(r *cache.Route) { r.Tags = []string{"menu:{id"} }), "routes[0].tags[0]: has braces"},
		{route(func(r *cache.Route) { r.Tags = []string{"{a}{b}"} }), "routes[0].tags[0]: has braces"},
		{route(func(r *cache.Route) { r.Tags = []string{"menu:{restaurant_id}"} }), ""},
		{func(c *cache.Config) { c.Forwarded = []string{"x-customer-id"} }, "routes[0].scope: is public, but the service is told who the caller is by X-Customer-Id"},
		{func(c *cache.Config) {
			c.Forwarded, c.Routes[0].Scope = []string{"Authorization"}, cache.Private
		}, ""},
		{func(c *cache.Config) {
			c.Forwarded, c.Routes[0].KeyHeaders = []string{"x-customer-id"}, []string{"X-CUSTOMER-ID"}
		}, ""},
	}
	for n, tt := range tests {
		t.Run(fmt.Sprint(n, tt.want), func(t *testing.T) {
			cfg := routes(cache.Route{Path: "/menus"})
			tt.spoil(&cfg)
			_, err := cache.New(cfg, cache.Deps{})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	tests := []struct {
		path, target string
		fits         bool
	}{
		{"/menus", "/menus", true},
		{"/menus", "/menus/", false},
		{"/menus", "/menus/1", false},
		{"/menus", "/menu", false},
		{"/", "/", true},
		{"/r/{id}/menu", "/r/1/menu", true},
		{"/r/{id}/menu", "/r//menu", false},
		{"/r/{id}/menu", "/r/1/2/menu", false},
		{"/r/{id}/menu", "/r/1%2F2/menu", true},
		{"/r/{id}", "/r/1", true},
		{"/r/{id}", "/r/", false},
		{"/images/{file...}", "/images/a/b.png", true},
		{"/images/{file...}", "/images/", false},
		{"/images/{file...}", "/images", false},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.target, func(t *testing.T) {
			c := over(t, routes(cache.Route{Path: tt.path, TTL: time.Minute}), echo{}.RoundTrip)
			if res := send(t.Context(), c, "GET", tt.target); (res.did != cache.Bypass) != tt.fits {
				t.Errorf("%+v", res)
			}
		})
	}
}
