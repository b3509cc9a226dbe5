package cache

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func example() *entry {
	return &entry{
		status: 200, header: http.Header{"Etag": {`"v1"`}, "Content-Type": {"application/json"}, "X-List": {"a", "", "c"}}, body: `{"a":1}`,
		stored: time.UnixMilli(1_000_000), age: 1500 * time.Millisecond, fresh: time.UnixMilli(2_000_000),
		whileRevalidating: time.UnixMilli(3_000_000), ifError: time.UnixMilli(4_000_000), strict: true,
	}
}

func TestEnvelopeRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[a-z]{1,5}`)
	rapid.Check(t, func(t *rapid.T) {
		when := rapid.Custom(func(t *rapid.T) time.Time { return time.UnixMilli(rapid.Int64Range(0, maxMilliseconds).Draw(t, "ms")) })
		e := &entry{
			status: rapid.IntRange(100, 999).Draw(t, "status"), header: http.Header{}, body: rapid.String().Draw(t, "body"),
			stored: when.Draw(t, "stored"), age: time.Duration(rapid.Int64Range(0, maxAgeMilliseconds).Draw(t, "age")) * time.Millisecond,
			fresh: when.Draw(t, "fresh"), whileRevalidating: when.Draw(t, "wr"), ifError: when.Draw(t, "ie"), strict: rapid.Bool().Draw(t, "strict"),
		}
		for _, name := range rapid.SliceOf(word).Draw(t, "headers") {
			e.header[http.CanonicalHeaderKey(name)] = rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "values")
		}
		for _, name := range rapid.SliceOfNDistinct(word, 0, 3, rapid.ID).Draw(t, "names") {
			e.names = union(e.names, []string{name})
		}
		back, err := decode(e.encode())
		if diff := cmp.Diff(e, back, cmp.AllowUnexported(entry{})); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}

func TestEnvelopeIsStrict(t *testing.T) {
	whole := example().encode()
	for n := range len(whole) {
		if _, err := decode(whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes passed", n, len(whole))
		}
	}
	swapped := strings.Replace(strings.Replace(whole, "Etag", "Zzzz", 1), "X-List", "A-List", 1)
	for name, text := range map[string]string{
		"something follows":  whole + "x",
		"another version":    "\x02" + whole[1:],
		"unknown flags":      whole[:1] + "\x02" + whole[2:],
		"headers not sorted": swapped,
		"header not in case": strings.Replace(whole, "Etag", "etag", 1),
		"a time too far":     whole[:4] + "\x7f" + whole[5:],
		"a negative time":    whole[:4] + "\xff" + whole[5:],
	} {
		if _, err := decode(text); err == nil {
			t.Errorf("%s: passed", name)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add(example().encode())
	f.Add((&entry{names: []string{"Accept", "X-Plan"}}).encode())
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := decode(text)
		if err == nil && e.encode() != text {
			t.Errorf("%q is another form of the same", text)
		}
	})
}

func FuzzDirectives(f *testing.F) {
	for _, seed := range []string{`max-age=60, private="a, b", no-store`, `max-age="`, `=,=,",`, `s-maxage=99999999999999999999`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		d := parseDirectives(http.Header{"Cache-Control": {line}})
		for _, s := range []seconds{d.maxAge, d.sMaxAge, d.minFresh, d.maxStale, d.staleIfError, d.staleWhileRevalidate} {
			if s.Duration < 0 || s.Duration > longest {
				t.Errorf("%q: %v", line, s)
			}
		}
	})
}
