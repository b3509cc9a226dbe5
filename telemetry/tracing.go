package telemetry

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Bounds of the spans that wait to be sent; more are dropped. Their sender wakes every batchInterval.
const (
	maxQueuedSpans = 2048
	maxBatch       = 512
	batchInterval  = 2 * time.Second
)

// tracing makes spans and sends them.
type tracing struct {
	cfg       TracingConfig
	provider  *sdk.TracerProvider
	tracer    trace.Tracer
	exporter  sdk.SpanExporter
	transport http.RoundTripper
}

func newTracing(cfg TracingConfig, deps Deps, registry prometheus.Registerer) (*tracing, error) {
	if deps.Transport == nil {
		deps.Transport = &http.Transport{MaxIdleConns: 1, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: cfg.Timeout}
	}
	client, err := otlptracehttp.New(context.Background(), // it opens nothing
		otlptracehttp.WithEndpointURL(cfg.url()),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		otlptracehttp.WithHTTPClient(&http.Client{Transport: deps.Transport, Timeout: cfg.Timeout}),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: cfg.Timeout / 10, MaxInterval: cfg.Timeout / 2, MaxElapsedTime: cfg.Timeout,
		}),
	)
	if err != nil {
		return nil, err
	}
	provider := sdk.NewTracerProvider(sdk.WithSampler(cfg.sampler()), sdk.WithResource(resource.NewSchemaless(
		attribute.String("service.name", cfg.ServiceName), attribute.String("service.version", deps.Version),
	)))
	return &tracing{
		cfg: cfg, provider: provider, tracer: provider.Tracer("tiffin"),
		exporter: newExporter(client, deps.Logger, registry), transport: deps.Transport,
	}, nil
}

// sampler decides once per trace: what is below a span of our own is recorded if that is.
func (c TracingConfig) sampler() sdk.Sampler {
	share := sdk.TraceIDRatioBased(c.Sampling)
	if c.FollowCaller {
		return sdk.ParentBased(share)
	}
	return sdk.ParentBased(share, sdk.WithRemoteParentSampled(share), sdk.WithRemoteParentNotSampled(share))
}

// run sends spans until ctx ends, and then the rest.
func (t *tracing) run(ctx context.Context) {
	t.provider.RegisterSpanProcessor(sdk.NewBatchSpanProcessor(t.exporter,
		sdk.WithMaxQueueSize(maxQueuedSpans), sdk.WithMaxExportBatchSize(maxBatch),
		sdk.WithBatchTimeout(batchInterval), sdk.WithExportTimeout(t.cfg.Timeout),
	))
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.cfg.Timeout)
	defer cancel()
	_ = t.provider.Shutdown(last) // the exporter has told what failed
	if closer, ok := t.transport.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
