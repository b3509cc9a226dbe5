package resilience_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

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
