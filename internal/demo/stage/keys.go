package stage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"sync"
	"time"
)

// maxKeys bounds the answers that are remembered; the oldest goes first.
const maxKeys = 1 << 16

// Keys remembers the answers of writes by their Idempotency-Key. A service has one, shared by its instances.
type Keys struct {
	promises *Promises

	mu      sync.Mutex
	entries map[string]*entry
	done    []string // keys with a saved answer, oldest first
	limit   int
}

// entry is one key: in flight until ready is closed, then its answer is saved or, after a failure, the entry is gone.
type entry struct {
	request [sha256.Size]byte
	first   time.Time
	ready   chan struct{}
	answer  *answer
}

// NewKeys returns an empty store of a service that keeps these promises; nil for all.
func NewKeys(promises *Promises) *Keys {
	return &Keys{promises: promises, entries: map[string]*entry{}, limit: maxKeys}
}

// Once makes a write idempotent (draft-ietf-httpapi-idempotency-key-header). The request needs an Idempotency-Key that is a
// structured-field string (400 idempotency_key_missing or idempotency_key_invalid). At most one run per key is under way; a repeat
// waits for it. The same key with the same method, path and body gets the saved status, headers and body with
// "Idempotent-Replayed: true"; with anything else it gets 422 idempotency_key_reused. Answers from 500 on are not saved: the next
// request with the key runs. The store's promises may say otherwise.
//
// A write that has begun is finished, whether or not its client waits: next's context does not end with the connection.
func (k *Keys) Once(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if k.promises.Kept().KeyTTLMS == 0 {
			k.promises.serve(w, r.WithContext(context.WithoutCancel(r.Context())), next)
			return
		}
		key, ok := requireKey(w, r)
		if !ok {
			return
		}
		body, ok := readBody(w, r)
		if !ok {
			return
		}
		k.serve(w, key, repeatable(r, body), digest(r, body), next)
	}
}

func (k *Keys) serve(w http.ResponseWriter, key string, r *http.Request, request [sha256.Size]byte, next http.HandlerFunc) {
	for {
		e, first := k.enter(key, request)
		switch {
		case e.request != request:
			Problem(w, http.StatusUnprocessableEntity, "idempotency_key_reused", "The key was used for another request.", nil)
			return
		case first:
			k.run(key, e, r, next).send(w)
			return
		}
		<-e.ready
		if e.answer != nil {
			w.Header().Set("Idempotent-Replayed", "true")
			e.answer.send(w)
			return
		}
	}
}

// enter finds the key's entry or makes it; first says that the caller must run it.
func (k *Keys) enter(key string, request [sha256.Size]byte) (e *entry, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.entries[key]; e != nil && (e.answer == nil || !k.promises.forgotten(e.first)) {
		return e, false
	}
	e = &entry{request: request, first: time.Now(), ready: make(chan struct{})}
	k.entries[key] = e
	return e, true
}

// run calls next and settles the entry, also when next panics.
func (k *Keys) run(key string, e *entry, r *http.Request, next http.HandlerFunc) *answer {
	a := newAnswer()
	a.status = http.StatusInternalServerError // until next has returned
	defer func() { k.settle(key, e, a) }()
	got := newAnswer()
	k.promises.serve(got, r, next)
	got.WriteHeader(http.StatusOK)
	a = got
	return a
}

func (k *Keys) settle(key string, e *entry, a *answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer close(e.ready)
	if a.status >= http.StatusInternalServerError && !k.promises.Kept().ReplaysErrors {
		delete(k.entries, key)
		return
	}
	e.answer = a
	k.done = append(k.done, key)
	if len(k.done) > k.limit {
		delete(k.entries, k.done[0])
		k.done = k.done[1:]
	}
}

// repeatable is the request with its body in memory and a context that does not end with the connection.
func repeatable(r *http.Request, body []byte) *http.Request {
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

func digest(r *http.Request, body []byte) [sha256.Size]byte {
	return sha256.Sum256([]byte(r.Method + "\n" + r.URL.RequestURI() + "\n" + string(body)))
}
