package demo_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/demo"
	"tiffin/internal/demo/audit"
	"tiffin/internal/demo/stage"
	"tiffin/internal/testkit"
)

// inMemory starts a world on a network of its own.
func inMemory(t *testing.T, cfg demo.Config) (*demo.Demo, *http.Client) {
	t.Helper()
	cfg.Memory = testkit.NewNetwork()
	t.Cleanup(cfg.Memory.Close)
	d, err := demo.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, cfg.Memory.Client()
}

// fetch sends a request and reads the whole answer.
func fetch(ctx context.Context, client *http.Client, method, url, body string) (status int, text string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }() // read to its end
	all, err := io.ReadAll(response.Body)
	return response.StatusCode, string(all), err
}

func mustFetch(t *testing.T, client *http.Client, method, url, body string, status int) string {
	t.Helper()
	got, text, err := fetch(t.Context(), client, method, url, body)
	if err != nil || got != status {
		t.Fatalf("%s %s: %d %s %v, want %d", method, url, got, text, err, status)
	}
	return text
}

func TestURLs(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  demo.Config
		want map[string]string
	}{
		{"the usual ports", demo.Config{}, map[string]string{
			"orders":    "http://127.0.0.1:8100,127.0.0.1:8101,127.0.0.1:8102",
			"inventory": "http://127.0.0.1:8110,127.0.0.1:8111,127.0.0.1:8112",
			"payments":  "http://127.0.0.1:8120,127.0.0.1:8121",
			"delivery":  "http://127.0.0.1:8130,127.0.0.1:8131,127.0.0.1:8132",
			"geocoding": "http://127.0.0.1:8140,127.0.0.1:8141",
			"issuer":    "http://127.0.0.1:8180",
			"board":     "http://127.0.0.1:8190",
		}},
		{"other ports", demo.Config{BasePort: 9000, Instances: map[string]int{
			"orders": 1, "inventory": 1, "payments": 1, "delivery": 1, "geocoding": 1,
		}}, map[string]string{
			"orders": "http://127.0.0.1:9000", "inventory": "http://127.0.0.1:9010", "payments": "http://127.0.0.1:9020",
			"delivery": "http://127.0.0.1:9030", "geocoding": "http://127.0.0.1:9040",
			"issuer": "http://127.0.0.1:9080", "board": "http://127.0.0.1:9090",
		}},
		{"in memory", demo.Config{Memory: testkit.NewNetwork()}, map[string]string{
			"orders": "http://orders-0,orders-1,orders-2", "inventory": "http://inventory-0,inventory-1,inventory-2",
			"payments": "http://payments-0,payments-1", "delivery": "http://delivery-0,delivery-1,delivery-2",
			"geocoding": "http://geocoding-0,geocoding-1", "issuer": "http://issuer", "board": "http://board",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := demo.New(tc.cfg)
			if err != nil {
				t.Fatal(err)
			}
			got := d.ServiceURLs()
			got["issuer"], got["board"] = d.IssuerURL(), d.BoardURL()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrongConfig(t *testing.T) {
	for _, tc := range []struct {
		cfg  demo.Config
		want string
	}{
		{demo.Config{BasePort: -1}, "base port -1: choose one from 1 to 65445 with --base-port"},
		{demo.Config{BasePort: 65446}, "base port 65446"},
		{demo.Config{Instances: map[string]int{"order": 1}}, `1 instances of "order": a service is one of [orders inventory payments delivery geocoding]`},
		{demo.Config{Instances: map[string]int{"orders": 0}}, `0 instances of "orders"`},
		{demo.Config{Instances: map[string]int{"orders": 11}}, "has 1 to 10"},
	} {
		if _, err := demo.New(tc.cfg); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}

func TestEveryInstanceAnswers(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	for service, urls := range d.ServiceURLs() {
		for host := range strings.SplitSeq(strings.TrimPrefix(urls, "http://"), ",") {
			if got := mustFetch(t, client, "GET", "http://"+host+"/health", "", 200); got != `{"status":"ok"}` {
				t.Errorf("%s %s: %s", service, host, got)
			}
		}
	}
	mustFetch(t, client, "GET", d.IssuerURL()+"/.well-known/openid-configuration", "", 200)
	if page := mustFetch(t, client, "GET", d.BoardURL()+"/", "", 200); !strings.Contains(page, "http://orders-2") {
		t.Errorf("the board does not show where things are: %s", page)
	}
}

func TestTheSeededWorldIsWithoutFault(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	want := audit.Report{Orders: 200, Violations: []audit.Violation{}}
	if diff := cmp.Diff(want, d.Audit()); diff != "" {
		t.Error(diff)
	}
	if got := mustFetch(t, client, "GET", d.BoardURL()+"/audit", "", 200); got != `{"orders":200,"open":0,"called_off":0,"violations":[]}` {
		t.Error(got)
	}
}

// A driver without an order is what the audit is there for: it must see through the whole world.
func TestTheAuditSeesTheWorld(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	bookDriver(t, client, "http://delivery-0", "http://delivery-1")
	report := d.Audit()
	if len(report.Violations) != 1 || report.Violations[0].Rule != "drivers_have_an_order" || report.Violations[0].Order != "ord_one" {
		t.Errorf("%+v", report)
	}
}

// bookDriver quotes at one instance and assigns at the other.
func bookDriver(t *testing.T, client *http.Client, quoteAt, assignAt string) {
	t.Helper()
	const door = `"lat":48.137,"lng":11.575`
	var quote struct {
		ID string `json:"quote_id"`
	}
	text := mustFetch(t, client, "POST", quoteAt+"/quotes", `{"restaurant_id":"res_001","dropoff":{`+door+`}}`, 200)
	if err := json.Unmarshal([]byte(text), &quote); err != nil {
		t.Fatal(err)
	}
	body := `{"quote_id":"` + quote.ID + `","restaurant_id":"res_001","dropoff":{` + door + `,"address_line":"x","contact_name":"y"}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, assignAt+"/deliveries/ord_one", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", `"k"`)
	response, err := client.Do(r)
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("%v %v", response, err)
	}
	_ = response.Body.Close() // its status was all
}

func TestInstancesShareTheirState(t *testing.T) {
	_, client := inMemory(t, demo.Config{})
	bookDriver(t, client, "http://delivery-0", "http://delivery-1")
	if got := mustFetch(t, client, "GET", "http://delivery-2/deliveries?order_ids=ord_one", "", 200); !strings.Contains(got, `"ASSIGNED"`) {
		t.Error(got)
	}
}

func TestCalls(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	bookDriver(t, client, "http://delivery-0", "http://delivery-1")
	mustFetch(t, client, "GET", "http://delivery-1/health", "", 200)
	want := map[string]map[string]int{
		"orders": {}, "inventory": {}, "payments": {}, "geocoding": {},
		"delivery": {"POST /quotes": 1, "PUT /deliveries/{order_id}": 1},
	}
	if diff := cmp.Diff(want, d.Calls().Snapshot()); diff != "" {
		t.Error(diff)
	}
	mustFetch(t, client, "DELETE", d.BoardURL()+"/calls", "", 204)
	const none = `{"delivery":{},"geocoding":{},"inventory":{},"orders":{},"payments":{}}`
	if got := mustFetch(t, client, "GET", d.BoardURL()+"/calls", "", 200); got != none {
		t.Error(got)
	}
}

// Nobody has to be told what can be called: every route of every service is counted under its pattern.
func TestEveryServiceHasRoutes(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	for _, path := range []string{
		"orders-0/orders", "inventory-0/restaurants", "payments-0/challenge/x", "delivery-0/positions", "geocoding-0/geocode",
	} {
		if _, _, err := fetch(t.Context(), client, "GET", "http://"+path, ""); err != nil {
			t.Error(err)
		}
	}
	for service, routes := range d.Calls().Snapshot() {
		if names := slices.Collect(maps.Keys(routes)); len(names) != 1 || names[0] == "(no route)" {
			t.Errorf("%s: %v", service, names)
		}
	}
}

func TestThePastBelongsToTheUsers(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	for _, user := range []string{"alice", "bob", "carol", "dave"} {
		if _, err := d.Token(user); err != nil {
			t.Error(err)
		}
		token := mustFetch(t, client, "GET", d.IssuerURL()+"/token?user="+user, "", 200)
		if strings.Count(token, ".") != 2 {
			t.Errorf("%s: %q is no token", user, token)
		}
	}
	if _, err := d.Token("mallory"); err == nil {
		t.Error("a token for nobody")
	}
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, latency := range []bool{false, true} {
			_, client := inMemory(t, demo.Config{Latency: latency})
			start := time.Now()
			mustFetch(t, client, "GET", "http://geocoding-0/geocode?q=x", "", 200)
			if took := time.Since(start); (took >= 2*time.Millisecond && took < 12*time.Millisecond) != latency || (!latency && took > 0) {
				t.Errorf("latency %t: an answer took %v", latency, took)
			}
		}
	})
}

func TestFaultsOfTheBoardReachTheInstance(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	mustFetch(t, client, "POST", d.BoardURL()+"/faults", `{"service":"geocoding","instance":1,"kind":"status","status":500}`, 201)
	mustFetch(t, client, "GET", "http://geocoding-0/geocode?q=x", "", 200)
	mustFetch(t, client, "GET", "http://geocoding-1/geocode?q=x", "", 500)
	mustFetch(t, client, "POST", d.BoardURL()+"/faults", `{"service":"payments","instance":2,"kind":"down"}`, 422)
	if n := len(d.Faults().List()); n != 1 {
		t.Errorf("%d faults", n)
	}
	mustFetch(t, client, "DELETE", d.BoardURL()+"/faults", "", 204)
	mustFetch(t, client, "GET", "http://geocoding-1/geocode?q=x", "", 200)
}

func TestXMLFault(t *testing.T) {
	d, client := inMemory(t, demo.Config{})
	if _, err := d.Faults().Add(stage.Fault{Service: "payments", Kind: stage.XMLFault, Rate: 1}); err != nil {
		t.Fatal(err)
	}
	if got := mustFetch(t, client, "POST", "http://payments-0/payments/authorize", "", 200); !strings.Contains(got, "<Fault") {
		t.Error(got)
	}
}
