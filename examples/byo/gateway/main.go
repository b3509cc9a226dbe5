// Command gateway puts Tiffin's edge round somebody else's gqlgen server, on http://127.0.0.1:8080/graphql: limits, cost, authentication,
// errors and GraphQL over HTTP are Tiffin's, the schema and its resolvers are not. With an issuer and an audience callers can sign in:
//
//	gateway https://login.example.com library
package main

import (
	"log"
	"log/slog"
	"net/http"
	"os"

	"example.com/byo/gateway/graph"

	"tiffin/gateway"
	"tiffin/gateway/auth"
)

func main() {
	var callers auth.Config
	if len(os.Args) == 3 {
		callers.Issuers = []auth.IssuerConfig{{URL: os.Args[1], Audience: os.Args[2]}}
	}
	edge, err := newEdge(callers)
	if err != nil {
		log.Fatal(err)
	}
	server := gateway.Server(gateway.ServerConfig{}, edge, slog.Default())
	server.Addr = "127.0.0.1:8080"
	log.Fatal(server.ListenAndServe())
}

// newEdge is all there is to do in a gqlgen server: an http.Handler in the place of gqlgen's own.
func newEdge(callers auth.Config) (*gateway.Gateway, error) {
	if problems := callers.Validate(); len(problems) > 0 {
		return nil, problems[0]
	}
	return gateway.New(gateway.Config{}, gateway.Deps{
		Schema: graph.NewExecutableSchema(graph.Config{
			Resolvers:  graph.NewResolver(),
			Directives: graph.DirectiveRoot{Authenticated: auth.Authenticated},
		}),
		Verifier: auth.NewVerifier(callers, auth.Deps{Transport: http.DefaultTransport}),
		Logger:   slog.Default(),
	})
}
