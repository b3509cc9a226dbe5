package compress

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

func TestNegotiate(t *testing.T) {
	for header, want := range map[string]string{
		"-": "", "": "", "gzip": "gzip", "zstd": "zstd", "br": "", "gzip, zstd": "zstd", "zstd;q=0.5, gzip": "gzip", "GZIP": "gzip",
		"gzip;q=0": "", "gzip;q=0.001": "gzip", "*": "zstd", "*;q=0": "", "zstd;q=0, *": "gzip", "*;q=0.5, gzip;q=0.4": "zstd",
		"identity, gzip;q=0.5": "", "identity;q=0.5, gzip": "gzip", "identity, gzip": "gzip", "identity;q=0": "",
		"gzip;q=2": "", "gzip;q=NaN": "", "gzip;level=1": "", ",,;q=1,": "", "gzip, deflate, br, zstd": "zstd",
		strings.Repeat("x,", 100) + "gzip": "",
	} {
		h := http.Header{}
		if header != "-" {
			h.Set("Accept-Encoding", header)
		}
		if got := negotiate(h, []string{"zstd", "gzip"}); got != want {
			t.Errorf("%.60q: %q, want %q", header, got, want)
		}
	}
	if got := negotiate(http.Header{"Accept-Encoding": {"gzip", "zstd"}}, []string{"gzip", "zstd"}); got != "gzip" {
		t.Errorf("the first that is offered: %q", got)
	}
}

// decode is the body as a client reads it.
func decode(t testing.TB, coding string, body []byte) string {
	t.Helper()
	var from io.Reader = bytes.NewReader(body)
	switch coding {
	case "gzip":
		r, err := gzip.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		from = r
	case "zstd":
		r, err := zstd.NewReader(from, zstd.WithDecoderMaxWindow(window))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		from = r
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func answerOf(t testing.TB, cfg Config, accept string, next http.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
	r.Header.Set("Accept-Encoding", accept)
	Handler(cfg, next).ServeHTTP(w, r)
	return w
}

// sends answers with the text, in pieces.
func sends(status int, header map[string]string, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		for text := text; text != ""; {
			n := min(len(text), 1000)
			_, _ = io.WriteString(w, text[:n])
			text = text[n:]
		}
	}
}

func TestHandler(t *testing.T) {
	page := `{"data":"` + strings.Repeat("an order, ", 1000) + `"}`
	for _, c := range []struct {
		name, accept string
		cfg          Config
		status       int
		header       map[string]string
		text         string
		coding, vary string
	}{
		{"gzip", "gzip", Config{}, 200, nil, page, "gzip", acceptEncoding},
		{"zstd", "gzip, zstd", Config{}, 200, nil, page, "zstd", acceptEncoding},
		{"in the operator's order", "gzip, zstd", Config{Encodings: []string{"gzip", "zstd"}}, 200, nil, page, "gzip", acceptEncoding},
		{"one only", "zstd", Config{Encodings: []string{"gzip"}}, 200, nil, page, "", acceptEncoding},
		{"not taken", "", Config{}, 200, nil, page, "", acceptEncoding},
		{"a refusal", "gzip", Config{}, 401, nil, page, "gzip", acceptEncoding},
		{"GraphQL", "gzip", Config{}, 200, map[string]string{"Content-Type": "application/graphql-response+json; charset=utf-8"}, page, "gzip", acceptEncoding},
		{"beside another Vary", "gzip", Config{}, 200, map[string]string{"Vary": "Origin"}, page, "gzip", "Origin,Accept-Encoding"},
		{"off", "gzip", Config{Disabled: true}, 200, nil, page, "", ""},
		{"short", "gzip", Config{}, 200, nil, page[:1023], "", ""},
		{"long enough", "gzip", Config{}, 200, nil, page[:1024], "gzip", acceptEncoding},
		{"too long", "gzip", Config{MaxBytes: 5000}, 200, nil, page, "", ""},
		{"a picture", "gzip", Config{}, 200, map[string]string{"Content-Type": "image/png"}, page, "", ""},
		{"compressed already", "gzip", Config{}, 200, map[string]string{"Content-Encoding": "br"}, page, "br", ""},
		{"not to be changed", "gzip", Config{}, 200, map[string]string{"Cache-Control": "no-transform"}, page, "", ""},
		{"of no length", "gzip", Config{}, 200, map[string]string{"Content-Length": ""}, page, "", ""},
	} {
		w := answerOf(t, c.cfg, c.accept, sends(c.status, c.header, c.text))
		coding := w.Header().Get("Content-Encoding")
		if w.Code != c.status || coding != c.coding || strings.Join(w.Header().Values("Vary"), ",") != c.vary {
			t.Errorf("%s: %d %v", c.name, w.Code, w.Header())
		}
		if got := decode(t, coding, w.Body.Bytes()); got != c.text {
			t.Errorf("%s: %d bytes, want %d", c.name, len(got), len(c.text))
		}
		if length := w.Header().Get("Content-Length"); length != "" && length != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%s: Content-Length %s of %d", c.name, length, w.Body.Len())
		}
		if c.coding == "gzip" && w.Body.Len() > len(c.text)/2 {
			t.Errorf("%s: %d bytes of %d", c.name, w.Body.Len(), len(c.text))
		}
	}
}

// What does not get shorter, and what comes while all encoders are busy, is sent as it is.
func TestNotWorthIt(t *testing.T) {
	var noise strings.Builder
	for n := uint64(1); noise.Len() < 2000; n = n*6364136223846793005 + 1442695040888963407 {
		fmt.Fprintf(&noise, "%c", 128+n>>33%100_000)
	}
	e := newEncoders(1)
	if got := e.encode("zstd", []byte("short")); got != nil {
		t.Errorf("%d bytes of 5", len(got))
	}
	page := []byte(strings.Repeat("an order, ", 1000))
	for _, take := range []func() func(){
		func() func() { w := <-e.gzip; return func() { e.gzip <- w } },
		func() func() { w := <-e.zstd; return func() { e.zstd <- w } },
	} {
		put := take()
		if g, z := e.encode("gzip", page), e.encode("zstd", page); (g == nil) == (z == nil) {
			t.Errorf("%d and %d bytes", len(g), len(z))
		}
		put()
	}
	if e.encode("gzip", page) == nil || e.encode("zstd", page) == nil {
		t.Error("the encoders did not come back")
	}
}

// A stream reaches its client piece by piece.
func TestStreamsPass(t *testing.T) {
	w := answerOf(t, Config{}, "gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for n := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d %s\n\n", n, strings.Repeat("x", 2000))
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}
	})
	if !w.Flushed || w.Header().Get("Content-Encoding") != "" || strings.Count(w.Body.String(), "data: ") != 3 {
		t.Errorf("%v %d bytes", w.Header(), w.Body.Len())
	}
}

func TestFlushOfWhatIsHeldBack(t *testing.T) {
	page := strings.Repeat("x", 5000)
	w := answerOf(t, Config{}, "gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "5000")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, page[:100])
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, page[100:])
		if _, err := io.WriteString(w, "more"); err == nil {
			t.Error("more than was said")
		}
	})
	if w.Code != http.StatusAccepted || decode(t, "gzip", w.Body.Bytes()) != page {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// Nothing of an answer that ends in a panic is sent: whoever recovers can answer.
func TestPanic(t *testing.T) {
	w := httptest.NewRecorder()
	defer func() {
		if recover() == nil || w.Body.Len() > 0 {
			t.Error("the panic did not come through, or something was sent before it")
		}
	}()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	r.Header.Set("Accept-Encoding", "gzip")
	Handler(Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "5000")
		_, _ = io.WriteString(w, "{")
		panic("hunter2")
	})).ServeHTTP(w, r)
}

// Whatever the answer is, and however many come at once, the client reads what was written.
func TestRoundTrip(t *testing.T) {
	e := newEncoders(2)
	rapid.Check(t, func(rt *rapid.T) {
		coding := rapid.SampledFrom([]string{"gzip", "zstd"}).Draw(rt, "coding")
		text := strings.Repeat(rapid.StringN(0, 200, 2000).Draw(rt, "text"), rapid.IntRange(1, 400).Draw(rt, "times"))
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				if short := e.encode(coding, []byte(text)); short != nil && decode(t, coding, short) != text {
					t.Errorf("%s of %d bytes", coding, len(text))
				}
			})
		}
		group.Wait()
	})
}

func TestConfigValidate(t *testing.T) {
	bad := Config{Encodings: []string{"gzip", "deflate"}, MinBytes: -1, MaxBytes: -1, Concurrent: -1}
	var paths []string
	for _, problem := range bad.Validate() {
		paths = append(paths, problem.Path)
	}
	if got := strings.Join(paths, " "); got != "encodings min_bytes max_bytes concurrent" {
		t.Error(got)
	}
	if problems := (Config{}).WithDefaults().Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}
