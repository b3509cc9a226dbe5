package persisted

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const listed, stranger = "query Listed {hello}", "query Stranger {hello}"

func replace(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// logText is a log that the test reads while others write it.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logText) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

// A new manifest counts as a whole; a bad one changes nothing and says why, once.
func TestTrustedDocumentsAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "documents.json")
		replace(t, path, `{"L":"`+listed+`"}`)
		var log logText
		documents, err := New(Config{Trusted: TrustedConfig{Mode: Enforce, File: path}}, Deps{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Notify: func(string) (<-chan struct{}, func(), error) { return nil, nil, errors.New("polled only") },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			documents.Run(ctx)
		}()
		look := func() { <-time.After(11 * time.Second); synctest.Wait() }
		serves := func(text string) bool {
			_, _, refused := documents.Resolve(t.Context(), Request{Text: text})
			return refused == nil
		}
		look()
		for _, bad := range []string{
			``, `{`, `[]`, `{}`, `{"a":1}`, `{"a":""}`, `{"":"{hello}"}`, `{"a":"{hello}","a":"{hello}"}`, `{"a":"{hello}"} x`,
			`{"format":"apollo-persisted-query-manifest","version":2,"operations":[{"id":"a","body":"{hello}"}]}`,
			`{"format":"apollo-persisted-query-manifest","version":1,"operations":[]}`,
			`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","body":"{hello}"},{"id":"a","body":"{locale}"}]}`,
		} {
			replace(t, path, bad)
			log.Reset()
			look()
			look()
			if n := strings.Count(log.String(), "the last good ones are kept"); n != 1 {
				t.Errorf("%.70s: said %d times: %s", bad, n, log.String())
			}
			if !serves(listed) || serves(stranger) {
				t.Errorf("%.70s: the last good documents are not served", bad)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if look(); !serves(listed) {
			t.Error("with the file gone the documents are gone")
		}
		replace(t, path, `{"S":"`+stranger+`"}`)
		if look(); serves(listed) || !serves(stranger) {
			t.Error("the new documents are not served, or the old ones still are")
		}
		cancel()
		<-ended
	})
}

// A text from Redis that is not the hash's, whoever put it there, is none.
func TestAForgedDocumentIsNone(t *testing.T) {
	documents, err := New(Config{}, Deps{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	documents.automatic.keep(t.Context(), hashOf(listed), stranger)
	if text, ok := documents.automatic.get(t.Context(), hashOf(listed)); ok {
		t.Errorf("%q", text)
	}
	documents.automatic.keep(t.Context(), hashOf(listed), listed)
	if text, ok := documents.automatic.get(t.Context(), hashOf(listed)); !ok || text != listed {
		t.Errorf("%q %v", text, ok)
	}
}

// However many documents are brought, they take no more than the bound.
func TestAutomaticDocumentsAreBounded(t *testing.T) {
	cfg := Config{}.WithDefaults()
	cfg.Automatic.Store.Memory = 1 << 20
	documents, err := New(cfg, Deps{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	var texts []string
	for n := range 1000 {
		texts = append(texts, strings.Repeat("x", 10_000)+time.Duration(n).String())
		documents.automatic.keep(t.Context(), hashOf(texts[n]), texts[n])
	}
	for _, text := range texts {
		if _, ok := documents.automatic.get(t.Context(), hashOf(text)); ok {
			kept++
		}
	}
	if kept == 0 || kept > 105 {
		t.Errorf("%d documents of 10 KB are kept in 1 MB", kept)
	}
}

func TestBigManifests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "documents.json")
	replace(t, path, strings.Repeat(" ", maxManifest+1))
	if _, err := readManifest(path); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
	var many strings.Builder
	for n := range maxDocuments + 1 {
		many.WriteString(`,"` + time.Duration(n).String() + `":"{hello}"`)
	}
	if _, err := parseManifest([]byte("{" + many.String()[1:] + "}")); err == nil || !strings.Contains(err.Error(), "are the most") {
		t.Error(err)
	}
}
