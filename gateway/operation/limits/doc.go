// Package limits measures a GraphQL document and its variables against the bounds that they may not exceed.
//
// Everything is measured with the fragments spread out, as it would be executed, and each fragment is measured once: the work is that
// of the document's length, whatever it would expand to. A document is measured before it is validated, so that validation has
// only documents before it whose size is known.
package limits
