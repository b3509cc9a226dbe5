package observe_test

import (
	"testing"

	"tiffin/backends/upstream/observe"
	"tiffin/backends/upstream/status"
	"tiffin/telemetry"
	"tiffin/telemetry/telemetrytest"
)

// TestMetricsAreDocumented: docs/metrics.md has what telemetry, this package and status register, and nothing else.
func TestMetricsAreDocumented(t *testing.T) {
	cfg := telemetry.Defaults()
	cfg.Tracing.Endpoint = "http://collector.test"
	tel, err := telemetry.New(cfg, telemetry.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	tel.Panics(func() uint64 { return 0 })
	tel.Registry().MustRegister(telemetry.Redis(func() (uint64, bool) { return 0, false })...)
	observe.NewMetrics(tel.Registry())
	tel.Registry().MustRegister(status.Collector(func() []status.Service { return nil }))
	telemetrytest.CheckDocument(t, "../../../docs/metrics.md", tel.Registry())
}
