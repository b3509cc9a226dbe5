package telemetry

import "encoding/hex"

// traceparent is the text of the header while it is built: 00-<32 digits>-<16 digits>-<2 digits>.
type traceparent [traceparentLen]byte

func newTraceparent() traceparent {
	var t traceparent
	copy(t[:], "00-")
	t[spanAt-1], t[flagsAt-1] = '-', '-'
	t[flagsAt] = '0'
	return t
}

// ids puts in the ids as bytes, 16 and 8.
func (t *traceparent) ids(trace, span []byte) {
	hex.Encode(t[traceAt:], trace)
	hex.Encode(t[spanAt:], span)
}

func (t *traceparent) text(sampled bool) string {
	t[flagsAt+1] = '0'
	if sampled {
		t[flagsAt+1] = '1'
	}
	return string(t[:])
}
