package shed

import (
	"net/http"
	"time"

	"tiffin/gateway/answer"
)

// largeBody is how long a body is that counts, in bytes. An honest operation is a tenth of it; a stranger's can be as long as the limit.
const largeBody = 64 << 10

// Bodies is the chain's position with the bound on what long bodies take together: so many are in memory at once, from the first byte to
// the answer. Who has to wait longer than Config.MaxWait is refused, unread. Bodies that do not say how long they are count as long.
func Bodies(cfg Config, next http.Handler) http.Handler {
	cfg = cfg.WithDefaults()
	places := make(chan struct{}, cfg.LargeBodies)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength >= 0 && r.ContentLength <= largeBody {
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
