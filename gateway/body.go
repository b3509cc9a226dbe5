package gateway

import (
	"net/http"

	"tiffin/fault"
	"tiffin/gateway/answer"
)

// boundBody refuses a body that says it is too long, and cuts one that turns out to be.
func (g *Gateway) boundBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > g.cfg.MaxBody {
			w.Header().Set("Connection", "close") // rather than reading it for nothing
			answer.Refuse(w, r, fault.New(fault.PayloadTooLarge, "The body is longer than %d bytes.", g.cfg.MaxBody))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, g.cfg.MaxBody)
		next.ServeHTTP(w, r)
	})
}
