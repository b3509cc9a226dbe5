package call_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"tiffin/backends/upstream/call"
)

type next func(*http.Request)

func (f next) RoundTrip(req *http.Request) (*http.Response, error) {
	f(req)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
}

func TestKinds(t *testing.T) {
	reads := []string{"POST /quotes"}
	tests := []struct {
		method, path string
		keyed        bool
		cfg          call.Config
		kind         call.Kind
		idempotent   bool
	}{
		{"GET", "/", false, call.Config{}, call.Read, true},
		{"", "/", false, call.Config{}, call.Read, true},
		{"HEAD", "/", false, call.Config{}, call.Read, true},
		{"OPTIONS", "/", false, call.Config{}, call.Read, true},
		{"TRACE", "/", false, call.Config{}, call.Read, true},
		{"POST", "/", false, call.Config{HonoursKeys: true}, call.Write, false},
		{"PUT", "/", false, call.Config{}, call.Write, false},
		{"DELETE", "/", false, call.Config{}, call.Write, false},
		{"get", "/", false, call.Config{}, call.Write, false},
		{"POST", "/", true, call.Config{}, call.KeyedWrite, false},
		{"POST", "/", true, call.Config{HonoursKeys: true}, call.KeyedWrite, true},
		{"GET", "/", true, call.Config{}, call.Read, true},
		{"POST", "/quotes?x=1", false, call.Config{Reads: reads}, call.Read, true},
		{"POST", "/quotes/1", false, call.Config{Reads: reads}, call.Write, false},
		{"PUT", "/quotes", false, call.Config{Reads: reads}, call.Write, false},
		{"POST", "/quotes", true, call.Config{Reads: reads}, call.KeyedWrite, false},
	}
	for _, tt := range tests {
		req := httptest.NewRequest("GET", "http://service"+tt.path, nil)
		req.Method = tt.method
		if tt.keyed {
			req.Header.Set("Idempotency-Key", `"k"`)
		}
		var got *call.Call
		_, _ = call.Start(tt.cfg, next(func(r *http.Request) { got = call.From(r.Context()) })).RoundTrip(req)
		if got.Kind() != tt.kind || got.Idempotent != tt.idempotent || got.Repeatable() != tt.idempotent {
			t.Errorf("%s %s, keyed %t: %s, idempotent %t, want %s, %t", tt.method, tt.path, tt.keyed, got.Kind(), got.Idempotent, tt.kind, tt.idempotent)
		}
		if call.From(req.Context()) != nil {
			t.Error("the caller's request was changed")
		}
	}
}

// A call made while another is under way, with its context, is a call of its own.
func TestNestedCallsAreApart(t *testing.T) {
	outer := &call.Call{}
	req := httptest.NewRequest("GET", "http://service/", nil).WithContext(call.With(t.Context(), outer))
	_, _ = call.Start(call.Config{}, next(func(r *http.Request) { call.From(r.Context()).Begin("a") })).RoundTrip(req)
	if len(outer.Tried()) > 0 {
		t.Error("the outer call has tried an instance of the inner one")
	}
}

func TestTried(t *testing.T) {
	c := &call.Call{}
	want := []string{"a", "b", "a", "c", "d", "e"} // more than first holds
	for n, addr := range want {
		before := c.Tried()
		c.Begin(addr)
		if !slices.Equal(before, want[:n]) || !slices.Equal(c.Tried(), want[:n+1]) {
			t.Errorf("tried %v, then %v, want %v", before, c.Tried(), want[:n+1])
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	c := &call.Call{}
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { c.Begin("a"); _ = c.Tried(); c.Send() })
	}
	group.Wait()
	if len(c.Tried()) != 10 || c.Attempts() != 10 {
		t.Errorf("%d begun, %d sent", len(c.Tried()), c.Attempts())
	}
}

func TestNoCall(t *testing.T) {
	c := call.From(t.Context())
	c.Begin("a")
	c.Send()
	if c != nil || c.Tried() != nil || c.Attempts() != 0 || c.Repeatable() || c.Kind() != call.Write {
		t.Error("a nil Call is not a Write that nothing is known about")
	}
}

func TestValidate(t *testing.T) {
	for _, good := range []string{"POST /quotes", "POST /", "SEARCH /a/b"} {
		if problems := (call.Config{Reads: []string{good}}).Validate(); problems != nil {
			t.Errorf("%q: %v", good, problems)
		}
	}
	for _, bad := range []string{"", "POST", "/quotes", "post /quotes", "POST quotes", "POST /a?b", "POST /a /b", " /a"} {
		if problems := (call.Config{Reads: []string{"GET /x", bad}}).Validate(); len(problems) != 1 || problems[0].Path != "reads[1]" {
			t.Errorf("%q: %v, want one problem of reads[1]", bad, problems)
		}
	}
}
