package shed

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
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
		send := func(length int64) <-chan int {
			status := make(chan int, 1)
			go func() {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
				r.ContentLength = length
				h.ServeHTTP(w, r)
				status <- w.Code
			}()
			return status
		}
		first, second := send(largeBody+1), send(-1) // one does not say how long it is
		synctest.Wait()
		third, short := send(1<<20), send(largeBody)
		synctest.Wait()
		if n := inside.Load(); n != 3 {
			t.Errorf("%d inside, want two long ones and the short one", n)
		}
		began := time.Now()
		if status := <-third; status != http.StatusServiceUnavailable || time.Since(began) != time.Second {
			t.Errorf("the third: %d after %v", status, time.Since(began))
		}
		fourth := send(1 << 20)
		synctest.Wait()
		close(release)
		for _, status := range []<-chan int{first, second, short, fourth} {
			if got := <-status; got != http.StatusOK {
				t.Errorf("status %d", got)
			}
		}
	})
}
