package shed

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"tiffin/gateway/answer"
)

// largeBody is how long a body is that counts, in bytes. An honest operation is a tenth of it; a stranger's can be as long as the limit.
const largeBody = 64 << 10

// Bodies is the chain's position with the bound on what long bodies take together: so many are in memory at once, from their first byte, or
// where they do not say how long they are from the first that makes them long, to the answer. Who has to wait longer than Config.MaxWait is
// refused, the rest unread.
func Bodies(cfg Config, next http.Handler) http.Handler {
	cfg = cfg.WithDefaults()
	places := make(chan struct{}, cfg.LargeBodies)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isShort(r) {
			next.ServeHTTP(w, r)
			return
		}
		timer := time.NewTimer(cfg.MaxWait)
		defer timer.Stop()
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		case <-timer.C:
			w.Header().Set("Connection", "close") // rather than reading the body for nothing
			answer.Refuse(w, r, cfg.overloaded())
		case <-r.Context().Done():
			answer.Refuse(w, r, cfg.overloaded())
		}
	})
}

// isShort reports whether a body is not long. One that does not say how long it is, as proxies hand them on, is read as far as it is short.
func isShort(r *http.Request) bool {
	if r.ContentLength >= 0 {
		return r.ContentLength <= largeBody
	}
	begin, _ := io.ReadAll(io.LimitReader(r.Body, largeBody+1)) // what went wrong goes wrong again where the rest is read
	r.Body = body{io.MultiReader(bytes.NewReader(begin), r.Body), r.Body}
	return len(begin) <= largeBody
}

// body is a request's, of which something was read before.
type body struct {
	io.Reader
	io.Closer
}
