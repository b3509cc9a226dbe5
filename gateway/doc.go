// Package gateway is the HTTP edge round a GraphQL schema: everything between the wire and the first resolver. It is handed a
// graphql.ExecutableSchema and knows nothing of what the fields mean.
//
//	chain       one visible list: recover · telemetry · cors · compress · door · address · version · body · auth · bodies · locale · routes
//	transport   GraphQL over HTTP
//	operation   parse, validate, authorize, execute, present errors
//	cors        which pages of other origins may ask
//	compress    whole answers, by what the client takes
//	persisted   documents that are named: trusted ones, and those that clients bring
//	auth        bearer tokens, @authenticated, @requiresScopes
//	ratelimit   how much an address and a caller may ask for
//	shed        what there is no room for
//	client      which programs ask, in which version
//	answer      media type, status and body of every answer
//	admin       the probes of the private port
package gateway
