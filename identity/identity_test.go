package identity_test

import (
	"context"
	"testing"

	"tiffin/identity"
)

func TestNobody(t *testing.T) {
	for name, ctx := range map[string]context.Context{
		"no principal":  t.Context(),
		"nil principal": identity.WithPrincipal(t.Context(), nil),
	} {
		if p, known := identity.From(ctx); p != nil || known {
			t.Errorf("%s: %v, %v", name, p, known)
		}
	}
	if token, locale := identity.Token(t.Context()), identity.Locale(t.Context()); token != "" || locale != "" {
		t.Errorf("%q, %q", token, locale)
	}
}

func TestSomebody(t *testing.T) {
	alice := &identity.Principal{Issuer: "https://a.test", Subject: "alice", Scopes: []string{"orders:read"}}
	ctx := identity.WithLocale(identity.WithToken(identity.WithPrincipal(t.Context(), alice), "secret"), "de")
	if p, known := identity.From(ctx); p != alice || !known {
		t.Errorf("%v, %v", p, known)
	}
	if identity.Token(ctx) != "secret" || identity.Locale(ctx) != "de" {
		t.Errorf("%q, %q", identity.Token(ctx), identity.Locale(ctx))
	}
	if !alice.HasScope("orders:read") || alice.HasScope("orders") {
		t.Error("scopes")
	}
}

// Callers are told apart by issuer and subject together, and those whom the gateway vouches for from everybody whom a token names.
func TestIDs(t *testing.T) {
	seen := map[string]identity.Principal{}
	for _, p := range []identity.Principal{
		{Issuer: "https://a.test", Subject: "alice"},
		{Issuer: "https://b.test", Subject: "alice"},
		{Issuer: "https://a.test", Subject: "bob"},
		{Issuer: "https://a.test", Subject: "b.test#alice"},
		{Issuer: identity.APIKeys, Subject: "alice"},
		{Issuer: identity.Certificates, Subject: "alice"},
	} {
		if other, ok := seen[p.ID()]; ok {
			t.Errorf("%+v and %+v are both %s", p, other, p.ID())
		}
		seen[p.ID()] = p
	}
}
