package telemetry

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	traceHex = "0af7651916cd43dd8448eb211c80319c"
	spanHex  = "b7ad6b7169203331"
)

func TestTraceparent(t *testing.T) {
	good := "00-" + traceHex + "-" + spanHex + "-01"
	cases := []struct {
		name    string
		values  []string
		ok      bool
		sampled bool
	}{
		{"good", []string{good}, true, true},
		{"not sampled", []string{"00-" + traceHex + "-" + spanHex + "-00"}, true, false},
		{"other flags", []string{"00-" + traceHex + "-" + spanHex + "-03"}, true, true},
		{"other flags, not sampled", []string{"00-" + traceHex + "-" + spanHex + "-02"}, true, false},
		{"later version", []string{"01-" + traceHex + "-" + spanHex + "-01"}, true, true},
		{"later version, longer", []string{"01-" + traceHex + "-" + spanHex + "-01-what-comes"}, true, true},
		{"later version, run on", []string{"01-" + traceHex + "-" + spanHex + "-01x"}, false, false},
		{"version 00, longer", []string{good + "-x"}, false, false},
		{"version ff", []string{"ff" + good[2:]}, false, false},
		{"no header", nil, false, false},
		{"two headers", []string{good, good}, false, false},
		{"empty", []string{""}, false, false},
		{"short", []string{good[:54]}, false, false},
		{"capitals", []string{strings.ToUpper(good)}, false, false},
		{"trace of zeros", []string{"00-" + strings.Repeat("0", 32) + "-" + spanHex + "-01"}, false, false},
		{"span of zeros", []string{"00-" + traceHex + "-" + strings.Repeat("0", 16) + "-01"}, false, false},
		{"no hex", []string{"00-" + traceHex[1:] + "g-" + spanHex + "-01"}, false, false},
		{"no hex in flags", []string{"00-" + traceHex + "-" + spanHex + "-0g"}, false, false},
		{"dashes elsewhere", []string{strings.ReplaceAll(good, "-", "_")}, false, false},
		{"space around", []string{" " + good}, false, false},
	}
	for _, c := range cases {
		got := Incoming(http.Header{TraceparentHeader: c.values})
		if ok := got.TraceID == traceHex; ok != c.ok || ok && got.Sampled != c.sampled {
			t.Errorf("%s: %+v", c.name, got)
		}
		if !c.ok && (!got.Sampled || !validID(got.TraceID) || len(got.TraceID) != 32) {
			t.Errorf("%s: no trace of our own: %+v", c.name, got)
		}
		if got.SpanID == spanHex || len(got.SpanID) != 16 {
			t.Errorf("%s: span %q is not our own", c.name, got.SpanID)
		}
	}
}

func TestRequestID(t *testing.T) {
	sound := regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9._-]{0,70}`)).Draw(rt, "id")
		got := Incoming(http.Header{RequestIDHeader: {id}}).ID
		if !sound.MatchString(got) {
			rt.Fatalf("%q becomes %q", id, got)
		}
		if sound.MatchString(id) != (got == id) {
			rt.Fatalf("%q becomes %q", id, got)
		}
	})
}

func TestRequestIDLength(t *testing.T) {
	for n, kept := range map[int]bool{64: true, 65: false} {
		id := strings.Repeat("a", n)
		if got := Incoming(http.Header{RequestIDHeader: {id}}).ID; (got == id) != kept {
			t.Errorf("%d characters become %q", n, got)
		}
	}
}

func TestOutgoingTraceparentIsOfTheSameTrace(t *testing.T) {
	r := Incoming(http.Header{TraceparentHeader: {"00-" + traceHex + "-" + spanHex + "-00"}})
	again := Incoming(http.Header{TraceparentHeader: {r.Traceparent()}})
	if again.TraceID != traceHex || again.Sampled {
		t.Errorf("%q", r.Traceparent())
	}
}
