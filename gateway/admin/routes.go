package admin

import "net/http"

// Route is a handler of the operators' port that somebody else wrote.
type Route struct {
	// Pattern is that of a [http.ServeMux], with its method: "GET /metrics", "POST /invalidate".
	Pattern string
	Handler http.Handler
}

// mount adds the routes.
func mount(mux *http.ServeMux, routes []Route) {
	for _, r := range routes {
		mux.Handle(r.Pattern, guard(r.Handler))
	}
}
