package checkout

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"tiffin/identity"
)

// The ids are part of what the services and the journal hold, so they never change.
func TestSagaID(t *testing.T) {
	scope := scopeOf(&identity.Principal{Issuer: "https://issuer", Subject: "alice"}, operationPlace)
	if want := `["","https://issuer","alice","placeOrder"]`; scope != want {
		t.Errorf("scope = %s; want %s", scope, want)
	}
	id := sagaIDOf(scope, "key-1")
	for got, want := range map[string]string{
		string(id):      "knpm2bmq6lonroaql3kn4s67zw",
		id.order():      "ord_knpm2bmq6lonroaql3kn4s67zw",
		id.line(2):      "lin_knpm2bmq6lonroaql3kn4s67zw_2",
		id.payment():    "knpm2bmq6lonroaql3kn4s67zw",
		id.key("order"): "knpm2bmq6lonroaql3kn4s67zw:order",
	} {
		if got != want {
			t.Errorf("id = %s; want %s", got, want)
		}
	}
}

// Whoever asks, with whatever key: two different callers or keys never meet, however their names are cut.
func TestSagaIDsDoNotMeet(t *testing.T) {
	shape := regexp.MustCompile(`^[a-z2-7]{26}$`)
	part := rapid.StringMatching(`[a",\\\[\]#]{0,3}`)
	who := rapid.Custom(func(t *rapid.T) identity.Principal {
		return identity.Principal{Tenant: part.Draw(t, "tenant"), Issuer: part.Draw(t, "issuer"), Subject: part.Draw(t, "subject")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q := who.Draw(t, "p"), who.Draw(t, "q")
		k, l := part.Draw(t, "k"), part.Draw(t, "l")
		a, b := sagaIDOf(scopeOf(&p, operationPlace), k), sagaIDOf(scopeOf(&q, operationPlace), l)
		sameCaller := p.Tenant == q.Tenant && p.Issuer == q.Issuer && p.Subject == q.Subject
		if (a == b) != (sameCaller && k == l) || !shape.MatchString(string(a)) {
			t.Fatalf("ids %s, %s of %+v %q and %+v %q", a, b, p, k, q, l)
		}
	})
}
