// Package persisted gives requests that name a document its text, before anything of it is parsed.
//
//	Trusted     documents that the operator lists in a file: what their clients send, and, where it is enforced, nothing else
//	Automatic   documents that clients bring once and name by their hash from then on (Apollo's automatic persisted queries)
//
// Where trusted documents are enforced there are no automatic ones: a client could bring what it likes.
package persisted
