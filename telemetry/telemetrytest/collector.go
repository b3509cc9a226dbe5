package telemetrytest

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span as the collector received it. Ids are in hex, "" for none.
type Span struct {
	Name, Kind                string
	TraceID, SpanID, ParentID string
	// Failed says that its status is "error", and Reason why.
	Failed bool
	Reason string
	// Attributes have their values as text.
	Attributes map[string]string
	// Events are the names of its events.
	Events []string
}

// Collector takes spans as a collector does: POST /v1/traces. It is safe for concurrent use; the zero Collector is ready.
type Collector struct {
	mu       sync.Mutex
	spans    []Span
	resource map[string]string
	refuse   int
}

// Refuse makes it answer with the status from now on; 0 makes it take spans again.
func (c *Collector) Refuse(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = status
}

// Spans returns what came so far, in the order in which the spans ended.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Resource returns the attributes of whoever sent last.
func (c *Collector) Resource() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resource
}

// ServeHTTP implements http.Handler.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse != 0 {
		w.WriteHeader(c.refuse)
		return
	}
	batch, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, resource := range batch.GetResourceSpans() {
		c.resource = attributes(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, span(s))
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func read(r *http.Request) (*collector.ExportTraceServiceRequest, error) {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" {
		return nil, fmt.Errorf("%s %s is not where spans go", r.Method, r.URL.Path)
	}
	plain, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		return nil, err
	}
	batch := &collector.ExportTraceServiceRequest{}
	return batch, proto.Unmarshal(text, batch)
}

func span(s *traces.Span) Span {
	out := Span{
		Name: s.GetName(), Kind: s.GetKind().String(),
		TraceID: hex.EncodeToString(s.GetTraceId()), SpanID: hex.EncodeToString(s.GetSpanId()), ParentID: hex.EncodeToString(s.GetParentSpanId()),
		Failed: s.GetStatus().GetCode() == traces.Status_STATUS_CODE_ERROR, Reason: s.GetStatus().GetMessage(),
		Attributes: attributes(s.GetAttributes()),
	}
	for _, e := range s.GetEvents() {
		out.Events = append(out.Events, e.GetName())
	}
	return out
}

func attributes(list []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		switch v := a.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			out[a.GetKey()] = v.StringValue
		case *common.AnyValue_IntValue:
			out[a.GetKey()] = strconv.FormatInt(v.IntValue, 10)
		default:
			out[a.GetKey()] = a.GetValue().String()
		}
	}
	return out
}
