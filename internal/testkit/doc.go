// Package testkit holds what tests and the demo share: an in-memory network
// that carries real HTTP without sockets, and the check of XML documents
// against a schema. The check against an OpenAPI contract is the sub-package
// contract, so that a program which links the network does not link an OpenAPI
// library.
//
//	http.Client ── http.Transport ── conn ═ conn ── http.Server ── http.Handler
//	                 Network.Transport      Network.Listen
//
// Everything in here waits on condition variables, channels and timers only, so
// that goroutines inside a testing/synctest bubble are durably blocked and the
// bubble's clock moves. Make the Network inside the bubble that uses it.
package testkit
