package cache

import (
	"encoding/binary"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"
)

// The form of an entry in the store. Numbers are big endian, texts follow their length:
//
//	version u8 · flags u8 · status u16 · stored, age, fresh, whileRevalidating, ifError i64 (ms)
//	names u16, each: text · headers u16, each: text, values u16, each: text · body: text
//
// There is one form of every entry: names and headers are sorted, headers are in canonical case, nothing follows.
const (
	envelopeVersion = 1
	flagStrict      = 1
	maxHeaders      = 256
	maxValuesEach   = 256
)

var errEnvelope = errors.New("no answer of this version")

func (e *entry) encode() string {
	w := make(writer, 0, 256+len(e.body))
	w.byte(envelopeVersion)
	if e.strict {
		w.byte(flagStrict)
	} else {
		w.byte(0)
	}
	w.u16(e.status)
	w.time(e.stored)
	w.i64(e.age.Milliseconds())
	w.time(e.fresh)
	w.time(e.whileRevalidating)
	w.time(e.ifError)
	w.texts(e.names)
	w.u16(len(e.header))
	for _, name := range slices.Sorted(maps.Keys(e.header)) {
		w.text(name)
		w.texts(e.header[name])
	}
	w.text(e.body)
	return string(w)
}

// decode reads what encode wrote, and refuses anything else.
func decode(text string) (*entry, error) {
	r := reader{rest: text}
	version, flags := r.byte(), r.byte()
	e := &entry{strict: flags == flagStrict, status: r.u16(), stored: r.time()}
	e.age = time.Duration(r.bounded(0, maxAgeMilliseconds)) * time.Millisecond
	e.fresh, e.whileRevalidating, e.ifError = r.time(), r.time(), r.time()
	e.names = r.texts(maxHeaders)
	r.failed = r.failed || version != envelopeVersion || flags > flagStrict || !strictlySorted(e.names)
	e.header = r.header()
	e.body = r.text()
	if r.failed || r.rest != "" {
		return nil, errEnvelope
	}
	return e, nil
}

func (r *reader) header() http.Header {
	count, last := r.count(maxHeaders), ""
	header := make(http.Header, count)
	for range count {
		name := r.text()
		if name <= last || http.CanonicalHeaderKey(name) != name {
			r.failed = true
			return nil
		}
		if header[name] = r.texts(maxValuesEach); header[name] == nil {
			r.failed = true
			return nil
		}
		last = name
	}
	return header
}

func strictlySorted(names []string) bool {
	for n := 1; n < len(names); n++ {
		if names[n-1] >= names[n] {
			return false
		}
	}
	return true
}

// The years from 1970 to 9999, so that no arithmetic overflows.
const maxMilliseconds, maxAgeMilliseconds = 253402300799999, int64(longest / time.Millisecond)

type writer []byte

func (w *writer) byte(b byte)      { *w = append(*w, b) }
func (w *writer) u16(n int)        { *w = binary.BigEndian.AppendUint16(*w, uint16(n)) } //nolint:gosec // G115: bounded where it is made
func (w *writer) i64(n int64)      { *w = binary.BigEndian.AppendUint64(*w, uint64(n)) } //nolint:gosec // G115: not negative
func (w *writer) text(s string)    { w.u32(len(s)); *w = append(*w, s...) }
func (w *writer) u32(n int)        { *w = binary.BigEndian.AppendUint32(*w, uint32(n)) } //nolint:gosec // G115: bodies are bounded
func (w *writer) time(t time.Time) { w.i64(min(max(t.UnixMilli(), 0), maxMilliseconds)) }

func (w *writer) texts(list []string) {
	w.u16(len(list))
	for _, s := range list {
		w.text(s)
	}
}

// reader takes from the front of rest; after a failure it returns zeros.
type reader struct {
	rest   string
	failed bool
}

func (r *reader) take(n int) string {
	if r.failed || n > len(r.rest) {
		r.failed = true
		return ""
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) number(size int) (n uint64) {
	for _, b := range []byte(r.take(size)) {
		n = n<<8 | uint64(b)
	}
	return n
}

func (r *reader) byte() byte      { return byte(r.number(1)) }        //nolint:gosec // G115: one byte
func (r *reader) u16() int        { return int(r.number(2)) }         //nolint:gosec // G115: two bytes
func (r *reader) text() string    { return r.take(int(r.number(4))) } //nolint:gosec // G115: four bytes
func (r *reader) time() time.Time { return time.UnixMilli(r.bounded(0, maxMilliseconds)) }

// bounded reads eight bytes.
func (r *reader) bounded(low, high int64) int64 {
	n := int64(r.number(8)) //nolint:gosec // G115: compared below
	if n < low || n > high {
		r.failed = true
		return 0
	}
	return n
}

func (r *reader) count(limit int) int {
	n := r.u16()
	if n > limit {
		r.failed = true
		return 0
	}
	return n
}

// texts returns nil for none.
func (r *reader) texts(limit int) []string {
	count := r.count(limit)
	if count == 0 {
		return nil
	}
	list := make([]string, count)
	for n := range list {
		list[n] = r.text()
	}
	return list
}
