// Package web serves GraphiQL, the page in which a developer explores the schema, from the gateway's own origin.
//
// The page is built from src/ (TypeScript, vite) into assets/, which is committed and embedded: a Go build needs no Node.
// Nothing in it comes from another host, and its Content-Security-Policy would not let it.
//
// The page learns from /graphiql/config.json where GraphQL is and whom it can act as, and fetches the demo users' tokens
// from /graphiql/token, so that it talks to its own origin only. The handler is for development: whoever reaches it can
// have the tokens of the listed users.
package web

import (
	"encoding/json"
	"net/http"
)

// Paths of the handler that are not files.
const (
	indexPath  = "/"
	configPath = "/graphiql/config.json"
	tokenPath  = "/graphiql/token" //nolint:gosec // G101: a path
)

// Config says what the page offers.
type Config struct {
	// GraphQLPath is the path of the GraphQL endpoint on the page's own origin, "/graphql" for instance.
	GraphQLPath string
	// Users are those whom the page can act as, in the order shown; the first one is chosen at the first visit.
	// Acting as nobody is always possible. Empty: the page shows no user switch.
	Users []User
	// TokenURL answers GET ?user=<name> with that user's bearer token as plain text. Empty: no user switch.
	TokenURL string
}

// User is somebody whom the page can act as.
type User struct {
	// Name is what the token endpoint is asked for.
	Name string `json:"name"`
	// About says in a few words what this user may do; shown beside the name.
	About string `json:"about"`
}

// Deps are the handler's collaborators.
type Deps struct {
	// Transport carries the call to Config.TokenURL.
	Transport http.RoundTripper
}

// New returns the handler of the page, its assets, its configuration and its tokens. It answers GET and HEAD at
// "/" and below "/graphiql/", and 404 elsewhere. It panics when the embedded assets are damaged, which only a
// faulty build can cause.
func New(cfg Config, deps Deps) http.Handler {
	if cfg.TokenURL == "" {
		cfg.Users = nil
	}
	routes := assetHandlers()
	routes[configPath] = configHandler(cfg)
	routes[tokenPath] = newTokenProxy(cfg, deps)
	return secure(readOnly(exact(routes)))
}

// configHandler serves what src/config.ts reads.
func configHandler(cfg Config) http.Handler {
	body, err := json.Marshal(struct {
		GraphQL string `json:"graphql"`
		Users   []User `json:"users"`
	}{cfg.GraphQLPath, append([]User{}, cfg.Users...)})
	if err != nil {
		panic("web: strings that cannot be marshalled: " + err.Error())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(body)
	})
}
