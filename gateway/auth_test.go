package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway"
	"tiffin/gateway/auth/authtest"
)

const (
	plainChallenge   = `Bearer realm="graphql"`
	invalidChallenge = `Bearer realm="graphql", error="invalid_token"`
	placeChallenge   = `Bearer realm="graphql", error="insufficient_scope", scope="orders:place"`
)

// What the document alone says about its caller, before anything is executed.
func TestAuthorization(t *testing.T) {
	const anonymous = "-"
	cases := []struct {
		name, scope, document string
		status                int
		codes                 string
		data, challenge       string
	}{
		{"open field", anonymous, "{hello}", 200, "", `{"hello":"hello world"}`, ""},
		{"anonymous, all refused", anonymous, "{me{name}}", 401, "UNAUTHENTICATED", "null", plainChallenge},
		{"anonymous, all of several refused", anonymous, "{me{name} secret}", 401, "UNAUTHENTICATED,UNAUTHENTICATED", "null", plainChallenge},
		{"anonymous, some refused", anonymous, "{hello me{name}}", 200, "UNAUTHENTICATED", `{"hello":"hello world","me":null}`, ""},
		{"anonymous mutation", anonymous, `mutation{place(item:"a")}`, 401, "UNAUTHENTICATED", "null", plainChallenge},
		{"anonymous in a fragment", anonymous, "{...F} fragment F on Query{me{name}}", 401, "UNAUTHENTICATED", "null", plainChallenge},
		{"anonymous in an inline fragment", anonymous, "{...{...on Query{me{name}}}}", 401, "UNAUTHENTICATED", "null", plainChallenge},
		{"anonymous, the open one skipped", anonymous, "{hello@skip(if:true) me{name}}", 401, "UNAUTHENTICATED", "null", plainChallenge},
		{"anonymous, the refused one skipped", anonymous, "{hello me@include(if:false){name}}", 200, "", `{"hello":"hello world"}`, ""},
		{"anonymous, all skipped", anonymous, "{me@skip(if:true){name}}", 200, "", `{}`, ""},
		{"anonymous with __typename", anonymous, "{__typename me{name}}", 200, "UNAUTHENTICATED", `{"__typename":"Query","me":null}`, ""},

		{"signed in", "", "{me{name}}", 200, "", `{"me":{"name":"Name of alice"}}`, ""},
		{"below the root", "", "{me{name secret}}", 200, "FORBIDDEN", `{"me":{"name":"Name of alice","secret":null}}`, ""},
		{"scope missing", "orders:read", `mutation{place(item:"a")}`, 403, "FORBIDDEN", "null", placeChallenge},
		{"scope held", "orders:read orders:place", `mutation{place(item:"a")}`, 200, "", `{"place":"a"}`, ""},
		{"scope missing, some allowed", "", `mutation{place(item:"a") slowly}`, 200, "FORBIDDEN", `{"place":null,"slowly":"done"}`, ""},
		{"half of an alternative", "secrets:read", "{secret}", 403, "FORBIDDEN", "null", `Bearer realm="graphql", error="insufficient_scope", scope="secrets:list"`},
		{"none of the alternatives", "", "{secret}", 403, "FORBIDDEN", "null", `Bearer realm="graphql", error="insufficient_scope", scope="admin"`},
		{"one alternative", "secrets:list secrets:read", "{secret}", 200, "", `{"secret":"the secret"}`, ""},
		{"other alternative", "admin", "{secret}", 200, "", `{"secret":"the secret"}`, ""},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		for _, c := range cases {
			for _, media := range []string{graphqlType, jsonType} {
				r := post(c.document).with("Accept", media)
				if c.scope != anonymous {
					r = r.bearer(e.token(c.scope))
				}
				got := e.do(r)
				if got.status != c.status || got.codes() != c.codes || string(got.body.Data) != c.data || got.header.Get("WWW-Authenticate") != c.challenge {
					t.Errorf("%s: %d, WWW-Authenticate %q: %s", c.name, got.status, got.header.Get("WWW-Authenticate"), got.text)
				}
			}
		}
	})
}

func (a answer) codes() string {
	var codes []string
	for _, e := range a.body.Errors {
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, code)
	}
	return strings.Join(codes, ",")
}

func TestRefusalNamesFieldAndScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		got := e.do(post("mutation {\n  order: place(item: \"a\")\n}").bearer(e.token("")))
		const want = `{"errors":[{"message":"missing scope orders:place","locations":[{"line":2,"column":3}],"path":["order"],` +
			`"extensions":{"code":"FORBIDDEN"}}],"data":null}`
		if got.status != 403 || got.text != want {
			t.Errorf("%d %s", got.status, got.text)
		}
		if replayed := got.header.Get("Idempotent-Replayed"); replayed != "" {
			t.Error("the mutation was executed")
		}
	})
}

// A credential that does not prove itself never passes, not even to what is open to everybody.
func TestBadCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		expired := e.issuer.Sign(e.issuer.Header(), e.issuer.Claims("alice", "", time.Now().Add(-2*time.Hour)))
		stranger := authtest.New(issuerURL).Token("mallory-the-stranger", "", time.Now())
		cases := map[string]struct{ value, message string }{
			"empty":         {"", "The access token is not valid."},
			"no scheme":     {e.token(""), "The access token is not valid."},
			"no token":      {"Bearer ", "The access token is not valid."},
			"password":      {"Basic YWxpY2U6aHVudGVyMg==", "The access token is not valid."},
			"two tokens":    {"Bearer " + e.token("") + " " + e.token(""), "The access token is not valid."},
			"list":          {"Bearer " + e.token("") + ", Bearer " + e.token(""), "The access token is not valid."},
			"garbage":       {"Bearer hunter2", "The access token is not valid."},
			"huge":          {"Bearer " + strings.Repeat("hunter2.", 2000), "The access token is not valid."},
			"expired":       {"Bearer " + expired, "The access token has expired."},
			"another's key": {"Bearer " + stranger, "The access token is not valid."},
		}
		for name, c := range cases {
			got := e.do(post("{hello}").with("Authorization", c.value))
			if got.status != 401 || got.code() != "UNAUTHENTICATED" || got.message() != c.message || got.header.Get("WWW-Authenticate") != invalidChallenge {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
			checkSilent(t, name, c.value, got.text, e.log.String())
		}
		if refused := e.log.lines(t, "request")[0]["refused"]; refused == nil {
			t.Error("the log does not say why")
		}
	})
}

// checkSilent looks for the credential, and for each part of a token, in what was answered and logged.
func checkSilent(t *testing.T, name, credential string, texts ...string) {
	t.Helper()
	_, token, _ := strings.Cut(credential, " ")
	for _, part := range append(strings.Split(token, "."), token) {
		for _, text := range texts {
			if len(part) > 6 && strings.Contains(text, part) {
				t.Errorf("%s: %q in %s", name, part, text)
			}
		}
	}
}

func TestSchemeIsCaseInsensitive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		if got := e.do(post("{me{name}}").with("Authorization", "bEARER  "+e.token(""))); got.status != 200 || got.code() != "" {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}

func TestTwoAuthorizationHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		req := e.newRequest(t.Context(), post("{me{name}}"))
		req.Header["Authorization"] = []string{"Bearer " + e.token(""), "Bearer " + e.token("")}
		res, err := e.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Error(res.Status)
		}
	})
}

// With the issuer away a token cannot be judged: that is nobody's lack of rights, and it passes.
func TestIssuerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		e.issuer.SetDown(true)
		got := e.do(post("{me{name}}").bearer(e.token("")))
		if got.status != 503 || got.code() != "SERVICE_UNAVAILABLE" || got.header.Get("Retry-After") != "1" || got.header.Get("WWW-Authenticate") != "" {
			t.Errorf("%d %s %s", got.status, got.header, got.text)
		}
		if got.body.Errors[0].Extensions["retryable"] != true {
			t.Errorf("not retryable: %s", got.text)
		}
		if got := e.do(post("{hello}")); got.status != 200 {
			t.Errorf("anonymous: %d", got.status)
		}
		e.issuer.SetDown(false)
		<-time.After(time.Second)
		if got := e.do(post("{me{name}}").bearer(e.token(""))); got.status != 200 {
			t.Errorf("after: %d %s", got.status, got.text)
		}
	})
}

func TestWithoutVerifierEveryTokenIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{}, func(d *gateway.Deps) { d.Verifier = nil })
		if got := e.do(post("{hello}").bearer(e.token(""))); got.status != 401 {
			t.Errorf("%d %s", got.status, got.text)
		}
		if got := e.do(post("{hello}")); got.status != 200 {
			t.Errorf("anonymous: %d", got.status)
		}
	})
}
