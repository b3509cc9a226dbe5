// Package answer writes what the edge says: media type, status, headers and body of one GraphQL response, whether it was executed or
// refused by a position of the chain before anything was parsed (GraphQL over HTTP, section "Response").
//
//	Negotiate   Accept → media type
//	Error       fault → GraphQL error, with extensions.code
//	Status      code → HTTP status
//	Write       response → bytes; Refuse writes a fault alone
package answer
