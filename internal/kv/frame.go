package kv

import (
	"encoding/binary"
	"time"
)

const (
	frameVersion = 1
	frameHead    = 1 + 8
)

// encodeFrame is a value as it is in Redis: the version of this form, when the value expires (Unix milliseconds, big endian), the value.
// Its own expiry travels along because gocache's GetWithTTL reads Redis's in a second round trip, in whole seconds.
func encodeFrame(value string, expires time.Time) string {
	frame := make([]byte, 0, frameHead+len(value))
	frame = append(frame, frameVersion)
	frame = binary.BigEndian.AppendUint64(frame, uint64(expires.UnixMilli())) // after 1970
	return string(append(frame, value...))
}

// decodeFrame reads what encodeFrame wrote; not ok for anything else, such as the empty text that gocache makes of a value of another type.
func decodeFrame(frame string) (value string, expires time.Time, ok bool) {
	if len(frame) < frameHead || frame[0] != frameVersion {
		return "", time.Time{}, false
	}
	milliseconds := binary.BigEndian.Uint64([]byte(frame[1:frameHead]))
	if milliseconds > maxMilliseconds {
		return "", time.Time{}, false
	}
	return frame[frameHead:], time.UnixMilli(int64(milliseconds)), true
}

// maxMilliseconds is the year 9999, so that no arithmetic overflows.
const maxMilliseconds = 253402300799999
