package operation

import (
	"testing"
)

// maxAllocations is what the pipeline may take on a remembered operation, before it is executed (issue 4).
const maxAllocations = 30

// BenchmarkPrepareRemembered is the way of a request whose document was seen before.
func BenchmarkPrepareRemembered(b *testing.B) {
	p := newPipelineOf(b, Config{Introspection: true}, storefront(b))
	for name, params := range examples(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, errs := p.Prepare(b.Context(), params); errs != nil {
					b.Fatal(errs)
				}
			}
		})
	}
}

// BenchmarkPrepareNew is the way of a document that was never seen.
func BenchmarkPrepareNew(b *testing.B) {
	p := newPipelineOf(b, Config{Introspection: true}, storefront(b))
	for name, params := range examples(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := p.documents.read(params.Query); problems != nil {
					b.Fatal(problems)
				}
			}
		})
	}
}

// BenchmarkPrepareHostile is what the worst of a megabyte costs.
func BenchmarkPrepareHostile(b *testing.B) {
	p := newPipelineOf(b, Config{Introspection: true}, wideSchema())
	for name, params := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if e, _ := p.documents.read(params.Query); e != nil {
					p.cfg.Limits.Values(params.Variables)
				}
			}
		})
	}
}

func TestPrepareAllocates(t *testing.T) {
	p := newPipelineOf(t, Config{Introspection: true}, storefront(t))
	for name, params := range examples(t) {
		allocated := testing.AllocsPerRun(100, func() {
			op, errs := p.Prepare(t.Context(), params)
			if errs != nil {
				t.Fatal(errs)
			}
			p.Authorize(t.Context(), op)
		})
		t.Logf("%-14s %v allocations", name, allocated)
		if len(params.Variables) <= 2 && allocated > maxAllocations {
			t.Errorf("%s: %v allocations, %d are allowed", name, allocated, maxAllocations)
		}
	}
}
