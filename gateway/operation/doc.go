// Package operation takes a GraphQL request from its text to its response, knowing nothing of HTTP.
//
//	Prepare     document (cached, else tokens → parse → validate) → operation by name → variables
//	Authorize   what the document alone says about the caller
//	Execute     within the deadline, by gqlgen's executor; errors presented, masked, logged once
//
// Requests that come to nothing return presented errors: each has its code of package fault in extensions.
package operation
