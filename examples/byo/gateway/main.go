// Command gateway puts Tiffin's edge round somebody else's gqlgen server, on http://127.0.0.1:8080/graphql: limits, cost, authentication,
// errors and GraphQL over HTTP are Tiffin's, the schema and its resolvers are not.
package main

import (
	"log"
	"log/slog"
	"net/http"
	"time"

	"tiffin/gateway"
)

func main() {
	edge, err := edge()
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{Addr: "127.0.0.1:8080", Handler: edge, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// edge is the gateway as an http.Handler. With gqlgen the schema is generated.NewExecutableSchema(…).
func edge() (http.Handler, error) {
	return gateway.New(gateway.Config{}, gateway.Deps{Schema: newSchema(), Logger: slog.Default()})
}
