package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway"
	"tiffin/gateway/auth"
	"tiffin/gateway/client"
	"tiffin/gateway/internal/gqltest"
	"tiffin/gateway/ratelimit"
	"tiffin/gateway/transport"
	"tiffin/identity"
)

const placeOne = `mutation{place(item:"a")}`

// limited is a gateway that limits what is given, and nothing else.
func limited(limits ratelimit.Config) gateway.Config {
	off := ratelimit.Limit{Disabled: true}
	for _, l := range []*ratelimit.Limit{&limits.Address, &limits.User, &limits.Client, &limits.Cost} {
		if *l == (ratelimit.Limit{}) {
			*l = off
		}
	}
	return gateway.Config{RateLimit: limits}
}

func checkRefused(t *testing.T, got answer, retryAfter, rateLimit, policy string) {
	t.Helper()
	if got.status != http.StatusTooManyRequests || got.code() != "RATE_LIMITED" || got.body.Errors[0].Extensions["retryable"] != true {
		t.Errorf("%d %s", got.status, got.text)
		return
	}
	for name, want := range map[string]string{"Retry-After": retryAfter, "RateLimit": rateLimit, "RateLimit-Policy": policy} {
		if h := got.header.Get(name); h != want {
			t.Errorf("%s: %s, want %s", name, h, want)
		}
	}
}

// The order's own limit: ten at once, one more each six seconds, each user by themselves.
func TestFieldLimit(t *testing.T) {
	placing := ratelimit.FieldLimit{Field: "Mutation.place", Limit: ratelimit.Limit{Burst: 10, Every: 6 * time.Second}}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, limited(ratelimit.Config{Fields: []ratelimit.FieldLimit{placing}}), notReplayed)
		alice := post(placeOne).bearer(e.token("orders:place"))
		for range 10 {
			if got := e.do(alice); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.text)
			}
		}
		got := e.do(alice)
		checkRefused(t, got, "6", `"Mutation.place";r=0;t=6`, `"Mutation.place";q=10;w=60`)
		if ms := got.body.Errors[0].Extensions["retryAfterMs"]; ms != 6000.0 {
			t.Errorf("retryAfterMs %v", ms)
		}
		if got := e.do(post(`mutation{a:place(item:"a") ...F} fragment F on Mutation{place(item:"b")}`).bearer(e.token("orders:place"))); got.status != 429 {
			t.Errorf("behind an alias and a fragment: %d", got.status)
		}
		if got := e.do(post(`mutation{slowly place(item:"a") @skip(if:true)}`).bearer(e.token("orders:place"))); got.status != 200 {
			t.Errorf("a field that is skipped: %d %s", got.status, got.text)
		}
		bob := post(placeOne).bearer(e.issuer.Token("bob", "orders:place", time.Now()))
		if got := e.do(bob); got.status != 200 || got.header.Get("RateLimit") != `"Mutation.place";r=9;t=6` {
			t.Errorf("bob: %d %v", got.status, got.header)
		}
		if got := e.do(post("{hello}").bearer(e.token(""))); got.status != 200 || got.header.Get("RateLimit") != "" {
			t.Errorf("another field: %d %v", got.status, got.header)
		}
		if got := e.do(post(placeOne).bearer(e.token(""))); got.status != 403 {
			t.Errorf("who may not place is not told of limits: %d", got.status)
		}
		time.Sleep(5 * time.Second) //nolint:forbidigo // fake time; a second went by in slowly
		if got := e.do(alice); got.status != 200 {
			t.Errorf("after six seconds: %d %s", got.status, got.text)
		}
	})
}

// notReplayed makes each answer of place a first one.
func notReplayed(d *gateway.Deps) {
	d.Schema.(*gqltest.Schema).Resolvers["Mutation.place"] = func(_ context.Context, args map[string]any) (any, error) { return args["item"], nil }
}

// A replay does not spend the limit. Two fields in one operation do, for the answer does not say which of them was a replay.
func TestReplaysAreFree(t *testing.T) {
	placing := ratelimit.FieldLimit{Field: "Mutation.place", Limit: ratelimit.Limit{Burst: 4, Every: time.Hour}}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, limited(ratelimit.Config{Fields: []ratelimit.FieldLimit{placing}})) // its place is always a replay
		for range 20 {
			if got := e.do(post(placeOne).bearer(e.token("orders:place"))); got.status != 200 || got.header.Get("RateLimit") != `"Mutation.place";r=4;t=0` {
				t.Fatalf("%d %v", got.status, got.header)
			}
		}
		two := post(`mutation{place(item:"a") b:place(item:"b")}`).bearer(e.token("orders:place"))
		for n, want := range []int{200, 200, 429} {
			if got := e.do(two); got.status != want {
				t.Errorf("two at once, %d: %d, want %d", n, got.status, want)
			}
		}
	})
}

// Anonymous callers are told apart by address, users by who they are, from wherever they ask.
func TestUserLimit(t *testing.T) {
	limits := ratelimit.Config{User: ratelimit.Limit{Burst: 2, Every: time.Second}, TrustedProxies: []string{"192.0.2.0/24"}}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, limited(limits))
		ask := func(who, address string) answer {
			r := post("{hello}").with("X-Forwarded-For", address)
			if who != "" {
				r = r.bearer(e.issuer.Token(who, "", time.Now()))
			}
			return e.do(r)
		}
		for _, step := range []struct {
			who, address string
			status       int
		}{
			{"", "198.51.100.1", 200},
			{"", "198.51.100.1", 200},
			{"", "198.51.100.1", 429},
			{"", "198.51.100.2", 200},
			{"alice", "198.51.100.1", 200},
			{"alice", "198.51.100.2", 200},
			{"alice", "198.51.100.3", 429},
			{"bob", "198.51.100.1", 200},
			{"", "2001:db8::1", 200},
			{"", "2001:db8::2", 200},
			{"", "2001:db8::3", 429},
			{"", "2001:db8:0:1::", 200},
		} {
			got := ask(step.who, step.address)
			if got.status != step.status {
				t.Errorf("%+v: %d", step, got.status)
			}
			if step.status == 429 {
				checkRefused(t, got, "1", `"user";r=0;t=1`, `"user";q=2;w=2`)
			}
		}
	})
}

// What one limit refuses no other counts.
func TestRefusedIsNotCounted(t *testing.T) {
	limits := ratelimit.Config{
		User:       ratelimit.Limit{Burst: 10, Every: time.Hour},
		Operations: []ratelimit.OperationLimit{{Operation: "Page", Limit: ratelimit.Limit{Burst: 1, Every: time.Hour}}},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, limited(limits))
		for n := range 20 {
			if got := e.do(post("query Page{hello}")); (got.status == 200) != (n == 0) {
				t.Errorf("%d: %d", n, got.status)
			}
		}
		if got := e.do(post("{hello}")); got.header.Get("RateLimit") != `"user";r=8;t=3600` {
			t.Errorf("%v", got.header)
		}
	})
}

// The address's limit comes before anybody looks at a credential, a body or a document.
func TestAddressLimitComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		e := start(t, limited(ratelimit.Config{Address: ratelimit.Limit{Burst: 3, Every: time.Second}}), func(d *gateway.Deps) {
			counted := auth.Config{Issuers: []auth.IssuerConfig{{URL: issuerURL, Audience: "tiffin"}}}
			d.Verifier = auth.NewVerifier(counted, auth.Deps{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				looks.Add(1)
				return nil, http.ErrHandlerTimeout
			}), Now: func() time.Time { looks.Add(1); return time.Now() }})
		})
		bad := post("{hello}").bearer(e.token(""))
		for range 3 {
			if got := e.do(bad); got.status == 429 {
				t.Errorf("%d", got.status)
			}
		}
		before := looks.Load()
		if before == 0 {
			t.Fatal("nothing is shown: the verifier was not asked before either")
		}
		for range 20 {
			checkRefused(t, e.do(bad.with("X-Forwarded-For", "198.51.100.1")), "1", `"address";r=0;t=1`, `"address";q=3;w=3`)
		}
		if n := looks.Load() - before; n != 0 {
			t.Errorf("the verifier was asked %d times", n)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Cost is charged by the estimate and corrected afterwards, where the actual cost is known.
func TestCostLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := limited(ratelimit.Config{Cost: ratelimit.Limit{Burst: 100, Every: time.Hour}})
		cfg.Operation.Cost.Headers = true
		e := start(t, cfg)
		left := 100
		for range 3 {
			got := e.do(post("{fails(times:2)}").bearer(e.token("")))
			estimated, actual := number(t, got, "X-Cost-Estimated"), number(t, got, "X-Cost-Actual")
			if want := fmt.Sprintf(`"cost";r=%d;`, left-estimated); !strings.HasPrefix(got.header.Get("RateLimit"), want) {
				t.Errorf("%s, want %s", got.header.Get("RateLimit"), want)
			}
			if policy := got.header.Get("RateLimit-Policy"); policy != `"cost";q=100;w=360000;tiffin-unit="cost"` {
				t.Errorf("%s", policy)
			}
			left -= actual
		}
		cfg = limited(ratelimit.Config{Cost: ratelimit.Limit{Burst: 1, Every: time.Hour}})
		e = start(t, cfg)
		if got := e.do(post("{me{name}}").bearer(e.token(""))); got.status != 200 {
			t.Errorf("more than the burst can be admitted once: %d", got.status)
		}
		if got := e.do(post("{me{name}}").bearer(e.token(""))); got.status != 429 {
			t.Errorf("%d", got.status)
		}
	})
}

func number(t *testing.T, a answer, header string) int {
	t.Helper()
	n, err := strconv.Atoi(a.header.Get(header))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Under load orders go first, what finds no place is told when to come again, and costs no quota.
func TestShedding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := limited(ratelimit.Config{User: ratelimit.Limit{Burst: 100, Every: time.Hour}})
		cfg.Shed.Concurrent, cfg.Shed.Queue, cfg.Shed.MaxWait, cfg.Shed.Critical = 1, 1, time.Minute, []string{"Mutation.place"}
		release := make(chan struct{})
		var mu sync.Mutex
		var order []string
		e := start(t, cfg, func(d *gateway.Deps) {
			resolvers := d.Schema.(*gqltest.Schema).Resolvers
			resolvers["Query.wait"] = func(context.Context, map[string]any) (any, error) { <-release; return "", nil }
			for _, name := range []string{"Query.hello", "Mutation.place"} {
				resolvers[name] = func(ctx context.Context, _ map[string]any) (any, error) {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, name)
					transport.SetHeader(ctx, "X-Ran", name)
					return name, nil
				}
			}
		})
		var wg sync.WaitGroup
		for _, document := range []string{"{wait}", "{hello}", placeOne} {
			wg.Go(func() {
				if got := e.do(post(document).bearer(e.token("orders:place"))); got.status != 200 {
					t.Errorf("%s: %d %s", document, got.status, got.text)
				}
			})
			synctest.Wait()
		}
		got := e.do(post("{hello}").bearer(e.token("")))
		if got.status != 503 || got.code() != "OVERLOADED" || got.body.Errors[0].Extensions["retryable"] != true || got.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", got.status, got.text)
		}
		close(release)
		wg.Wait()
		if len(order) != 2 || order[0] != "Mutation.place" {
			t.Errorf("%v", order)
		}
		if got := e.do(post("{hello}").bearer(e.token(""))); !strings.HasPrefix(got.header.Get("RateLimit"), `"user";r=96`) {
			t.Errorf("what was shed cost quota: %v", got.header)
		}
	})
}

func TestOldClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{Clients: client.Config{"ios": {MinVersion: "3.2.0"}}})
		old := post("{hello}").with("apollographql-client-name", "ios")
		if got := e.do(old.with("apollographql-client-version", "3.1.9").bearer("nonsense")); got.status != 400 || got.code() != "CLIENT_TOO_OLD" {
			t.Errorf("%d %s", got.status, got.text)
		}
		if got := e.do(old.with("apollographql-client-version", "3.2.0")); got.status != 200 {
			t.Errorf("%d %s", got.status, got.text)
		}
	})
}

// A limit on a field that there is not would limit nothing.
func TestMisspeltFields(t *testing.T) {
	cfg := limited(ratelimit.Config{Fields: []ratelimit.FieldLimit{{Field: "Mutation.palce", Limit: ratelimit.Limit{Burst: 1, Every: 1}}}})
	cfg.Shed.Critical = []string{"place"}
	cfg.RateLimit.Classes = map[string]ratelimit.Class{"partner": {Fields: cfg.RateLimit.Fields}}
	_, err := gateway.New(cfg, gateway.Deps{Schema: &gqltest.Schema{}})
	if err == nil || !strings.Contains(err.Error(), "rate_limit.fields[0].field: is no root field") || !strings.Contains(err.Error(), "classes.partner.fields[0].field: is no root") ||
		!strings.Contains(err.Error(), "shed.critical[0]: is no root field") {
		t.Error(err)
	}
}

// Callers of a class have its limits, each caller by themselves; those of a class that nobody configured have everybody's.
func TestClasses(t *testing.T) {
	limits := ratelimit.Config{
		User:   ratelimit.Limit{Burst: 1, Every: time.Hour},
		Fields: []ratelimit.FieldLimit{{Field: "Mutation.place", Limit: ratelimit.Limit{Burst: 1, Every: time.Hour}}},
		Classes: map[string]ratelimit.Class{"partner": {
			User: ratelimit.Limit{Burst: 4}, Fields: []ratelimit.FieldLimit{{Field: "Mutation.place", Limit: ratelimit.Limit{Burst: 3, Every: time.Hour}}},
		}},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, limited(limits), notReplayed)
		admitted := func(class, subject, document string) int {
			ctx := identity.WithPrincipal(t.Context(), &identity.Principal{
				Issuer: identity.APIKeys, Subject: subject, Class: class, Kind: identity.ByAPIKey, Scopes: []string{"orders:place"},
			})
			n := 0
			for range 6 {
				w := httptest.NewRecorder()
				r := e.newRequest(ctx, post(document))
				e.ServeHTTP(w, r)
				if w.Code == http.StatusOK {
					n++
				}
			}
			return n
		}
		for _, c := range []struct {
			class, subject, document string
			want                     int
		}{
			{"partner", "key_1", placeOne, 3},
			{"partner", "key_1", "{hello}", 1},
			{"partner", "key_2", "{hello}", 4},
			{"", "key_3", "{hello}", 1},
			{"unknown", "key_4", "{hello}", 1},
		} {
			if got := admitted(c.class, c.subject, c.document); got != c.want {
				t.Errorf("%+v: %d were admitted", c, got)
			}
		}
	})
}
