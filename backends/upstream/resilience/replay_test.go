package resilience_test

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// keepsThenCuts answers the first request of a connection and cuts the connection on the second: what net/http takes for an idle
// connection that the server closed, and repeats on its own where it thinks it may.
func keepsThenCuts(seen *atomic.Int32) http.HandlerFunc {
	var mu sync.Mutex
	perConn := map[string]int{}
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		perConn[r.RemoteAddr]++
		again := perConn[r.RemoteAddr] > 1
		mu.Unlock()
		if again {
			seen.Add(1)
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, "fine")
	}
}

// What counts is the header that is sent: a key may have been added on the way.
func TestAKeyFromAboveIsNoInvitationEither(t *testing.T) {
	p, err := resilience.New(resilience.Defaults(), resilience.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]http.Header{"without a key": {}, "with one": {"Idempotency-Key": {"k"}}} {
		attempt := p.Attempt(roundTrip(func(req *http.Request) (*http.Response, error) {
			if rewindable, want := req.GetBody != nil, len(header) == 0; rewindable != want {
				t.Errorf("%s: net/http can rewind it: %v, want %v", name, rewindable, want)
			}
			return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
		}))
		_, _ = call.Start(call.Config{}, call.Func(func(trip call.Trip) (*http.Response, error) {
			trip.Header = header
			return attempt.Do(trip)
		})).RoundTrip(request(t.Context(), "POST", "", "cart"))
	}
}

func TestNetHTTPRepeatsNoWriteEither(t *testing.T) {
	tests := []struct {
		name              string
		method, key, body string
		honours           bool
		cut               int32 // arrivals that were cut
		ok                bool
	}{
		{"write", "POST", "", "cart", true, 1, false},
		{"write without body", "POST", "", "", true, 1, false},
		{"key, not honoured", "POST", "k", "cart", false, 1, false},
		{"key, not honoured, without body", "POST", "k", "", false, 1, false},
		{"key, honoured", "POST", "k", "cart", true, 1, true},
		{"read", "GET", "", "", false, 1, true},
	}
	for _, tt := range tests {
		for _, how := range []string{"as the clients make it", "rewindable"} {
			inBubble(t, tt.name+", "+how, func(t *testing.T) {
				var cut atomic.Int32
				w := open(t, map[string]http.HandlerFunc{"a": keepsThenCuts(&cut)}, func(s *setup) {
					s.calls.HonoursKeys = tt.honours
					s.cfg.Reads.Retries, s.cfg.KeyedWrites.Retries = 0, 0 // what is repeated, net/http repeats
				})
				_, _, _ = w.get(t.Context()) // leaves a connection
				req := request(t.Context(), tt.method, tt.key, tt.body)
				if how == "rewindable" { // as somebody else would make it: an invitation
					req = request(t.Context(), tt.method, "", tt.body)
					req.Header.Set("Idempotency-Key", tt.key)
					if tt.key == "" {
						req.Header.Del("Idempotency-Key")
					}
				}
				status, _, err := read(w.RoundTrip(req))
				if cut.Load() != tt.cut || (err == nil) != tt.ok {
					t.Errorf("%d %v, %d were cut, want %d and success %t", status, err, cut.Load(), tt.cut, tt.ok)
				}
			})
		}
	}
}
