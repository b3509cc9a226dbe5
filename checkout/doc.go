// Package checkout prices carts and places orders.
//
// Placing an order is a saga over five services:
//
//	geocode → delivery quote (reads) → create order (checks the expected total) → reserve → authorize → [customer's action]
//	→ assign driver → capture → confirm
//
// Whatever fails, each order ends CONFIRMED with exactly one charge of the exact amount, or CANCELLED with no charge, no hold, the stock
// back and no driver; and whoever holds the idempotency key can find out which. Five rules see to that:
//
//   - Decisions are persisted before they are acted on: in a row of the [Journal], under an epoch that fences whoever lost the row.
//   - Unknown is not no: a call without a definite answer is made again, with the same key and the same body. Only a typed refusal turns
//     an order, or too long a doubt before the capture.
//   - Capture is the pivot: before it everything can be undone for nothing, after it the only way is forward.
//   - Undoing is by reference, in the order driver, hold, stock, order, and never gives up.
//   - All ids, keys and bodies are derived from who asks, their key and the row: a repeat is the same repeat wherever it runs.
//
// The state machine is in state.go, on one page. Around it:
//
//	place.go      a request, its first row; repeats           quote.go      pricing, the reads
//	follow.go     waiting for an order, waking a parked one   check*.go     what an input may hold
//	flow.go       sweeping, driving, closing                  request.go    what a row must know to build every body
//	saga.go       one order by the state machine              record.go     what a row learns, and how it ends
//	insist.go     doubt, patience, back-off                   failures.go   refusals in the words of the schema
//	steps.go      each call to a service                      keys.go       ids, keys, scopes
//	version.go    rows of the release before and after
//	operate.go    how an order stands, for operators          secret.go     what keys are derived from
//
// The package knows neither GraphQL nor HTTP, has no logger (see [Deps].OnEvent), and does not know who runs it: it can move into an
// order service as it is (docs/adr/0001-journal-of-our-own.md).
package checkout
