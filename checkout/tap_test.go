package checkout

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// tap sits before the services: it notes each call, and makes trouble.
type tap struct {
	log *log

	mu       sync.Mutex
	troubles map[string]*trouble
	// keys are those of the calls.
	keys map[string][]string
	// keyless: a request with a key is none of the contract.
	keyless bool
}

// trouble is what goes wrong with a call, so many times; -1 for ever.
type trouble struct {
	kind  string
	times int
	// skip is how many calls go well before that.
	skip int
}

const forever = -1

// What goes wrong.
const (
	unavailable = "503"         // refused by something in between
	hangs       = "hangs"       // never answers, does nothing
	lost        = "lost answer" // done, but the answer never arrives
	hangsAfter  = "hangs after" // done, but never answers
	garbage     = "garbage"     // done, and answers nonsense
	refused     = "refused: "   // a refusal with the code that follows
	late        = "late"        // no answer; it is done when lateness has passed
	pretends    = "pretends: "  // answers that the order is in the status that follows, and does nothing
	slow        = "slow"        // done, and answers after slowness
)

// lateness is how long a call is under way that is late: less than the promise of two minutes.
const lateness = 100 * time.Second

// slowness is how long a slow answer takes: less than a call may.
const slowness = 9 * time.Second

func (t *tap) make(call, kind string, times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles[call] = &trouble{kind: kind, times: times}
}

// makeAfter makes trouble once, after so many calls that go well.
func (t *tap) makeAfter(call, kind string, skip int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles[call] = &trouble{kind: kind, times: 1, skip: skip}
}

func (t *tap) note(call, key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys == nil {
		t.keys = map[string][]string{}
	}
	t.keys[call] = append(t.keys[call], key)
}

// keysOf are the keys of a call, each once.
func (t *tap) keysOf(call string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(t.keys[call])))
}

func (t *tap) refuseKeys() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keyless = true
}

func (t *tap) refuses(r *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keyless && r.Header.Get("Idempotency-Key") != ""
}

func (t *tap) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles = map[string]*trouble{}
}

func (t *tap) next(call string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	trouble := t.troubles[call]
	switch {
	case trouble == nil || trouble.times == 0:
		return ""
	case trouble.skip > 0:
		trouble.skip--
		return ""
	}
	trouble.times--
	return trouble.kind
}

func (t *tap) on(service string, next http.Handler) http.Handler {
	mux := next.(interface {
		Handler(r *http.Request) (http.Handler, string)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		call := service + " " + pattern
		t.log.add(call)
		t.note(call, r.Header.Get("Idempotency-Key"))
		if t.refuses(r) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		t.serve(w, r, next, t.next(call))
	})
}

func (t *tap) serve(w http.ResponseWriter, r *http.Request, next http.Handler, kind string) {
	nowhere := &discard{http.Header{}}
	if code, ok := strings.CutPrefix(kind, refused); ok {
		refuse(w, r, code)
		return
	}
	if status, ok := strings.CutPrefix(kind, pretends); ok {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"order_reference":"`+strings.Split(r.URL.Path, "/")[2]+`","current_status":"`+status+`"}`)
		return
	}
	switch kind {
	case "":
		next.ServeHTTP(w, r)
	case unavailable:
		w.WriteHeader(http.StatusServiceUnavailable)
	case garbage:
		next.ServeHTTP(nowhere, r)
		_, _ = io.WriteString(w, "}garbage{")
	case lost:
		next.ServeHTTP(nowhere, r)
		panic(http.ErrAbortHandler)
	case slow:
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		time.Sleep(slowness) //nolint:forbidigo // fake time
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	case hangsAfter:
		next.ServeHTTP(nowhere, r)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case late:
		body, _ := io.ReadAll(r.Body)
		slow := r.Clone(context.WithoutCancel(r.Context()))
		slow.Body = io.NopCloser(bytes.NewReader(body))
		go func() {
			time.Sleep(lateness) //nolint:forbidigo // fake time
			next.ServeHTTP(nowhere, slow)
		}()
		panic(http.ErrAbortHandler)
	case hangs:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
}

// refuse answers in the language of the service.
func refuse(w http.ResponseWriter, r *http.Request, code string) {
	if strings.HasPrefix(r.URL.Path, "/payments/") {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		_, _ = io.WriteString(w, `<Fault xmlns="urn:tiffinpay:payments:v1"><Code>`+code+`</Code><Text>no</Text><Retryable>false</Retryable></Fault>`)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusConflict)
	_, _ = io.WriteString(w, `{"type":"about:blank","title":"Conflict","status":409,"code":"`+code+`","detail":"no"}`)
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
