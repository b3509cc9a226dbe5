// Package validation holds a document against the schema, by the rules of the GraphQL specification (section 5), with work that is
// bounded by the document's length times its number of operations.
//
// Most rules are those of gqlparser, run so that no fragment is walked more than once per operation ([rules]). Its rule about fields
// that overlap takes a number of steps that is quadratic in repeated fields; the one here groups them ([overlap]).
package validation
