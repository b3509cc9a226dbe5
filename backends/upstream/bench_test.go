package upstream_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"tiffin/backends/upstream"
)

// maxAllocations is what the chain may allocate over a bare round trip with a bounded body, when nothing fails.
const maxAllocations = 25

// body is an answer's, as long as a page's usual one.
func body() []byte { return bytes.Repeat([]byte("tiffin"), 340) }

// instant answers at once, with a body that is read from a stream.
type instant struct{ content []byte }

func (i instant) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Request: req, Header: http.Header{}, ContentLength: int64(len(i.content)),
		Body: io.NopCloser(bytes.NewReader(i.content)),
	}, nil
}

// read reads an answer whole, 4 MiB of it at most.
func read(tb testing.TB, trip http.RoundTripper, req *http.Request) {
	res, err := trip.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	content, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil || len(content) != len(body()) {
		tb.Fatal(len(content), err)
	}
	_ = res.Body.Close()
}

// settled runs an Upstream to three instances over the stand-in of a transport, with the defaults.
func settled(tb testing.TB, transport http.RoundTripper) *upstream.Upstream {
	cfg := upstream.Defaults()
	cfg.URL = "http://a,b,c"
	up, err := upstream.New(cfg, upstream.Deps{})
	if err != nil {
		tb.Fatal(err)
	}
	up.Over(transport)
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

// request is as a server's work makes them: its context can be cancelled.
func request(tb testing.TB) *http.Request {
	ctx, cancel := context.WithCancel(tb.Context())
	tb.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://orders/orders?ids=1", http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	return req
}

// Both read the same answer; the difference is the chain. See BenchmarkChainOverBare for the difference itself.
func BenchmarkChain(b *testing.B) {
	transport := instant{body()}
	for _, way := range []struct {
		name string
		trip http.RoundTripper
	}{{"bare", transport}, {"chain", settled(b, transport)}} {
		b.Run(way.name, func(b *testing.B) {
			req := request(b)
			b.ReportAllocs()
			for b.Loop() {
				read(b, way.trip, req)
			}
		})
	}
}

// What the chain costs over a bare round trip, as CPU time of this process, its garbage collection included. Both go by turns of a few
// milliseconds, so that whatever else the machine does is the same for both; the metric that counts is cpu-ns-over-bare/op.
func BenchmarkChainOverBare(b *testing.B) {
	const turn = 1000
	transport := instant{body()}
	req, up := request(b), settled(b, transport)
	spend := func(trip http.RoundTripper) time.Duration {
		start := cpu(b)
		for range turn {
			read(b, trip, req)
		}
		return cpu(b) - start
	}
	spend(up) // breakers and latencies are known after that
	var bare, chain time.Duration
	turns := 0
	for b.Loop() {
		bare += spend(transport)
		chain += spend(up)
		turns++
	}
	perCall := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(turns*turn) }
	b.ReportMetric(perCall(bare), "cpu-ns-bare/op")
	b.ReportMetric(perCall(chain-bare), "cpu-ns-over-bare/op")
}

// cpu is what the process has used up to now.
func cpu(tb testing.TB) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func TestTheChainAllocatesLittle(t *testing.T) {
	transport := instant{body()}
	req, up := request(t), settled(t, transport)
	bare := testing.AllocsPerRun(1000, func() { read(t, transport, req) })
	chain := testing.AllocsPerRun(1000, func() { read(t, up, req) })
	t.Logf("bare %.0f, chain %.0f allocations", bare, chain)
	if chain-bare > maxAllocations {
		t.Errorf("the chain allocates %.0f times more than a bare round trip, want at most %d", chain-bare, maxAllocations)
	}
}
