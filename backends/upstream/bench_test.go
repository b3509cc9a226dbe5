package upstream_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"tiffin/backends/upstream"
	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/body/bodytest"
	"tiffin/backends/upstream/resilience"
	"tiffin/internal/scope"
)

// maxRatio bounds what the chain costs as a multiple of the bare round trip: 4 to 9 as the machine's neighbours let it, for the bare one copies two
// kilobytes into a buffer that is there, and does no more.
const maxRatio = 12

// length is that of an answer's body, as long as a page's usual one; maxBody bounds it.
const (
	length  = 2040
	maxBody = 4 << 20
)

// instant answers at once, with a body that is read from a stream.
type instant struct{ content []byte }

func newInstant() http.RoundTripper { return instant{bytes.Repeat([]byte("tiffin"), length/6)} }

func (i instant) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Request: req, Header: http.Header{}, ContentLength: int64(len(i.content)),
		Body: io.NopCloser(bytes.NewReader(i.content)),
	}, nil
}

// newBare is a round trip with a bounded body, and nothing else.
func newBare() http.RoundTripper { return bodytest.Holding(newInstant(), maxBody) }

// read reads an answer as the clients of the services do.
func read(tb testing.TB, trip http.RoundTripper, req *http.Request) {
	res, err := trip.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	got := 0
	err = body.Use(res, maxBody, func(content []byte) error {
		got = len(content)
		return nil
	})
	if err != nil || got != length {
		tb.Fatal(got, err)
	}
}

// settled runs an Upstream to three instances over the stand-in of a transport, with the defaults; the positions named in without are left
// out.
func settled(tb testing.TB, transport http.RoundTripper, without ...string) *upstream.Upstream {
	cfg := upstream.Defaults()
	cfg.URL = "http://a,b,c"
	up, err := upstream.New(cfg, upstream.Deps{})
	if err != nil {
		tb.Fatal(err)
	}
	up.Over(transport, without...)
	ctx, end := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error)
	go func() { ended <- up.Run(ctx) }()
	tb.Cleanup(func() {
		end()
		<-ended
	})
	<-up.Settled()
	return up
}

// request is as the gateway's work makes them: its context ends with the operation's time.
func request(tb testing.TB) *http.Request {
	ctx := scope.WithTimeout(tb.Context(), time.Hour)
	tb.Cleanup(ctx.End)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://orders/orders?ids=1", http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	return req
}

// identified is req as the position "identity" passes it on: it copies the header for what it puts in, and for the time of an attempt.
func identified(req *http.Request) *http.Request {
	out := req.Clone(req.Context())
	cfg := resilience.Defaults()
	out.Header.Set(cfg.DeadlineHeader, strconv.FormatInt(cfg.Reads.AttemptTimeout.Milliseconds(), 10))
	return out
}

// Both read the same answer in the same way; the difference is the chain. See BenchmarkChainOverBare for the difference itself.
func BenchmarkChain(b *testing.B) {
	for _, way := range []struct {
		name string
		trip http.RoundTripper
	}{{"bare", newBare()}, {"chain", settled(b, newInstant())}} {
		b.Run(way.name, func(b *testing.B) {
			req := request(b)
			b.ReportAllocs()
			for b.Loop() {
				read(b, way.trip, req)
			}
		})
	}
}

// What the chain costs over a bare round trip, as CPU time of this process, its garbage collection included: "policies" is what every call
// passes for its resilience (bulkhead, deadline, retry, balance, breaker, attempt), "whole" has also what tells the service who calls, and the
// copy of the header that it makes for that and for them.
//
// Each round has a turn of both, in one order and the next time in the other, so that whatever else the machine does is the same for both,
// and each turn is long enough for several garbage collections. What neighbours on a shared machine do can only add to a turn's time, and
// does, by half: so each side is known by the lower quartile of its turns. cpu-ns-over-bare/op is the difference; where the machine's own
// speed changes, over/bare, its ratio to the bare round trip, is what can be compared, and is judged.
//
// There is one processor, as good as all of them are when the gateway is busy. With an idle one beside it the collector marks there, in
// haste and for nothing better to do, which counts as CPU time of this process but costs nobody an answer. It is given up now and then, as
// by any call that waits for its answer: else a collection, which needs a millisecond of it, has to wait for the operating system to take it
// away, with the write barriers up for a third of the time.
func BenchmarkChainOverBare(b *testing.B) {
	req := request(b)
	b.Run("policies", func(b *testing.B) { overBare(b, identified(req), settled(b, newInstant(), "identity")) })
	b.Run("whole", func(b *testing.B) { overBare(b, req, settled(b, newInstant())) })
}

func overBare(b *testing.B, req *http.Request, up http.RoundTripper) {
	transport := newBare()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // here, for package testing sets it anew for each
	const turn, waits = 10_000, 64
	spend := func(trip http.RoundTripper) float64 {
		start := cpu(b)
		for n := range turn {
			if n%waits == 0 {
				runtime.Gosched()
			}
			read(b, trip, req)
		}
		return float64((cpu(b) - start).Nanoseconds()) / turn
	}
	spend(up) // breakers and latencies are known after that
	var alone, chained []float64
	for b.Loop() {
		if len(alone)%2 == 0 {
			alone = append(alone, spend(transport))
			chained = append(chained, spend(up))
		} else {
			chained = append(chained, spend(up))
			alone = append(alone, spend(transport))
		}
	}
	bare := quartile(alone)
	over := quartile(chained) - bare
	b.ReportMetric(bare, "cpu-ns-bare/op")
	b.ReportMetric(over, "cpu-ns-over-bare/op")
	b.ReportMetric(over/bare, "over/bare")
	if over > maxRatio*bare && len(alone) > 1 {
		b.Errorf("the chain costs %.1f times the bare round trip, want at most %d", over/bare, maxRatio)
	}
}

// quartile is the lower one.
func quartile(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/4] }

// cpu is what the process has used up to now.
func cpu(tb testing.TB) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// What the chain allocates over a bare round trip when nothing fails: the call; with the header that says who calls, its copy and the values. The
// attempt stands in the place of the bare trip's memory. (The budget is 25.)
func TestTheChainAllocatesLittle(t *testing.T) {
	transport, req := newInstant(), request(t)
	bare := allocations(t, newBare(), req)
	for name, chain := range map[string]struct {
		up   http.RoundTripper
		req  *http.Request
		most float64
	}{
		"policies": {settled(t, transport, "identity"), identified(req), 1},
		"whole":    {settled(t, transport), req, 4},
	} {
		over := allocations(t, chain.up, chain.req) - bare
		t.Logf("%s: %.0f over %.0f", name, over, bare)
		if over > chain.most {
			t.Errorf("%s allocates %.0f times more than a bare round trip, want at most %.0f", name, over, chain.most)
		}
	}
}

func allocations(t *testing.T, trip http.RoundTripper, req *http.Request) float64 {
	return testing.AllocsPerRun(1000, func() { read(t, trip, req) })
}
