// Package ratelimit says how much anybody may ask for in a time, by GCRA: so many at once, and one more each so often.
//
//	Addresses   the chain's position before any credential is looked at: requests per client address
//	  Proxies   whose X-Forwarded-For is believed
//	Quota       the position after the operation is known: requests of a caller and of an application, operations, fields, cost
//	Limiter     what both count with
//	  local     in this process: sharded, bounded, without allocations
//	  shared    in Redis, for several gateways; while it is away each gateway counts its share in its local
//
// A caller is a user, or where nobody has signed in, an address. What is refused is not counted.
package ratelimit
