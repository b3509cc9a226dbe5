package admin

import "net/http"

// Route is a handler of the operators' port that somebody else wrote.
type Route struct {
	// Pattern is that of a [http.ServeMux], with its method: "GET /metrics", "POST /invalidate".
	Pattern string
	Handler http.Handler
}

// mount adds the routes. A browser on the operator's machine can reach this port, and nothing here asks for a credential: what a page of
// another origin sends with an unsafe method is refused with 403.
func mount(mux *http.ServeMux, routes []Route) {
	own := http.NewCrossOriginProtection()
	for _, r := range routes {
		mux.Handle(r.Pattern, own.Handler(r.Handler))
	}
}
