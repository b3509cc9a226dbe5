package resilience_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
)

// instant answers with a body of 2 KB, which is read from a stream.
func instant(content []byte) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, Request: req, ContentLength: int64(len(content)),
			Body: io.NopCloser(bytes.NewReader(content)),
		}, nil
	})
}

// The whole chain over a bare round trip with a bounded body: both read the same answer in the same way.
func BenchmarkChain(b *testing.B) {
	transport := instant(bytes.Repeat([]byte("tiffin"), 340))
	p, err := resilience.New(resilience.Defaults(), resilience.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	chain := call.Start(call.Config{}, p.Deadline(p.Bulkhead(p.Retry(p.Hedge(balanceOver([]string{"a", "b"}, p.Breaker(p.Attempt(transport))))))))
	ctx, cancel := context.WithCancel(b.Context()) // as a server's requests have
	defer cancel()
	req := request(ctx, "GET", "", "")
	req.Header = http.Header{
		"Accept": {"application/json"}, "User-Agent": {"tiffin"}, "X-Request-Id": {"r"}, "Traceparent": {"t"}, "Accept-Language": {"de"},
	}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			res, err := transport.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			if content, err := body.Read(res, 4<<20); err != nil || len(content) != 2040 {
				b.Fatal(err)
			}
		}
	})
	b.Run("chain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			res, err := chain.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			if content, err := body.Read(res, 4<<20); err != nil || len(content) != 2040 {
				b.Fatal(err)
			}
		}
	})
}

// A read that is hedged needs goroutines and the library's executor, whether or not the hedge starts.
func BenchmarkHedgeOn(b *testing.B) {
	cfg := resilience.Defaults()
	cfg.Hedge.Quantile = 0.95
	p, err := resilience.New(cfg, resilience.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	chain := call.Start(call.Config{}, p.Hedge(call.Over(instant(nil))))
	req := request(b.Context(), "GET", "", "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chain.RoundTrip(req); err != nil {
			b.Fatal(err)
		}
	}
}
