package resilience_test

import (
	"maps"
	"net/http"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// told puts the whole time into the header of each call, as the chain does, and shows what header each attempt was sent with.
func told(t *testing.T, cfg resilience.Config, attempt func(sent http.Header) (*http.Response, error)) (http.RoundTripper, http.Header) {
	t.Helper()
	p, err := resilience.New(cfg, resilience.Deps{Random: func() float64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	ours := http.Header{"Accept": {"x"}}
	next := balanceOver([]string{"a", "b", "c"}, p.Attempt(roundTrip(func(req *http.Request) (*http.Response, error) { return attempt(req.Header) })))
	next = p.Deadline(p.Retry(next))
	return call.Start(call.Config{}, call.Func(func(t call.Trip) (*http.Response, error) {
		name, value := p.Whole(t.Call.Kind())
		ours[name] = value
		t.Header = ours
		return next.Do(t)
	})), ours
}

// An attempt that has all of its time sends the header as it came; one that has less, a copy that says so. The header itself never changes.
func TestTheHeaderIsCopiedOnlyForLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []http.Header
		var said []string
		chain, ours := told(t, resilience.Defaults(), func(h http.Header) (*http.Response, error) {
			sent, said = append(sent, h), append(said, h[header]...)
			wait(700 * time.Millisecond)
			return &http.Response{StatusCode: 503, Body: http.NoBody}, nil
		})
		_, _ = chain.RoundTrip(request(t.Context(), "GET", "", ""))
		if want := []string{"1000", "1000", "525"}; !reflect.DeepEqual(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
		for n, h := range sent {
			if same := reflect.ValueOf(h).Pointer() == reflect.ValueOf(ours).Pointer(); same != (n < 2) {
				t.Errorf("attempt %d: the same header: %v", n+1, same)
			}
		}
		if !maps.EqualFunc(ours, http.Header{"Accept": {"x"}, header: {"1000"}}, equal) {
			t.Errorf("the call's header became %v", ours)
		}
	})
}

func equal(a, b []string) bool { return reflect.DeepEqual(a, b) }

func TestWholeByKind(t *testing.T) {
	cfg := resilience.Defaults()
	cfg.DeadlineHeader = "x-time"
	cfg.Writes.AttemptTimeout = time.Second / 2
	p, err := resilience.New(cfg, resilience.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[call.Kind]string{call.Read: "1000", call.KeyedWrite: "5000", call.Write: "500"} {
		if name, value := p.Whole(kind); name != "X-Time" || !equal(value, []string{want}) {
			t.Errorf("%v: %s: %q, want %s", kind, name, value, want)
		}
	}
}
