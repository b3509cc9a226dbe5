// Package operation takes a GraphQL request from its text to its response, knowing nothing of HTTP.
//
//	Prepare     named document → its text (package persisted)
//	            document (remembered, else parse → limits → validation → cost compiled) → operation by name → variables → cost
//	Authorize   what the document alone says about the caller
//	Execute     within the deadline, by gqlgen's executable schema; errors presented, masked, logged once
//
// Below it, each a step that the next relies on:
//
//	limits      what a document and its variables may have of each thing, measured in one pass
//	validation  the rules of the specification, with bounded work
//	variables   values coerced to their types
//	cost        @cost and @listSize: estimated before, counted after
//
// Requests that come to nothing return presented errors: each has its code of package fault in extensions.
package operation
