package shed

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// So many long bodies are worked on at once; one more waits, and is refused after MaxWait. Short ones never wait.
func TestBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var inside atomic.Int32
		h := Bodies(Config{LargeBodies: 2, MaxWait: time.Second}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			inside.Add(1)
			<-release
			inside.Add(-1)
		}))
		send := func(length int64, text string) <-chan int {
			status := make(chan int, 1)
			go func() {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(text))
				r.ContentLength = length
				h.ServeHTTP(w, r)
				status <- w.Code
			}()
			return status
		}
		first, second := send(largeBody+1, "{}"), send(-1, strings.Repeat(" ", largeBody+1)) // one does not say how long it is
		synctest.Wait()
		third, short, chunked := send(1<<20, "{}"), send(largeBody, "{}"), send(-1, strings.Repeat(" ", largeBody))
		synctest.Wait()
		if n := inside.Load(); n != 4 {
			t.Errorf("%d inside, want two long ones and the short ones", n)
		}
		began := time.Now()
		if status := <-third; status != http.StatusServiceUnavailable || time.Since(began) != time.Second {
			t.Errorf("the third: %d after %v", status, time.Since(began))
		}
		fourth := send(1<<20, "{}")
		synctest.Wait()
		close(release)
		for _, status := range []<-chan int{first, second, short, chunked, fourth} {
			if got := <-status; got != http.StatusOK {
				t.Errorf("status %d", got)
			}
		}
	})
}

// What is looked at before reaches the handler as it came, also where it did not come whole.
func TestBodiesAreHandedOn(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		text string
		err  error
	}{
		"nothing": {"", nil}, "short": {"{}", nil}, "long": {strings.Repeat("x", 1<<20), nil},
		"short, broken": {"{", broken}, "long, broken": {strings.Repeat("x", 1<<20), broken},
	} {
		var got []byte
		var err error
		h := Bodies(Config{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, err = io.ReadAll(r.Body) }))
		parts := io.Reader(strings.NewReader(c.text))
		if c.err != nil {
			parts = io.MultiReader(parts, iotest.ErrReader(c.err))
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", parts)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if string(got) != c.text || !errors.Is(err, c.err) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
