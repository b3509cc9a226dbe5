package auth

import (
	"net/http"
	"testing"
	"time"

	"tiffin/gateway/auth/authtest"
	"tiffin/internal/testkit"
)

// What a caller costs who was here before, and one who was not.
func BenchmarkVerify(b *testing.B) {
	issuer := authtest.New(ours)
	network := testkit.Start(b, map[string]http.Handler{"issuer.test": issuer.Handler()})
	issuers := []IssuerConfig{{URL: ours, Audience: "tiffin"}}
	token := issuer.Token("alice", "orders:read orders:place", time.Now())
	for name, ttl := range map[string]time.Duration{"hit": time.Minute, "miss": 1} {
		v := NewVerifier(Config{Issuers: issuers, Cache: CacheConfig{TTL: ttl}}, Deps{Transport: network.Transport()})
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	key, hash := NewAPIKey()
	v := NewVerifier(Config{APIKeys: APIKeysConfig{Keys: []APIKey{{Name: "till", Hash: hash}}}}, Deps{})
	b.Run("API key", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.apiKey(key); err != nil {
				b.Fatal(err)
			}
		}
	})
}
