// Package cache is the position of the client chain that decides which answers of a service may be used again, and for whom: RFC 9111 for
// the answers to GET, with the extensions of RFC 5861, over a [kv.Store].
//
//	RoundTrip ─ route? ─ key ─ memory ─┬─ fresh ──────────────── answer
//	                                   ├─ stale, while revalidating ─ answer, and a refresh behind it
//	                                   └─ fill, one per key ─ Redis ─ next ─ store
//
// It stands below the position that sets the headers by which a service knows the caller, for they are part of what it looks at, and above
// those that bound and repeat calls: a hit costs none of their budget. An answer that next returns has its body in memory, as package
// resilience provides, and next itself ends in time.
//
// # What is kept
//
// Only the answers of listed routes ([Config.Routes]) are: status 200, 203, 204, 404 or 410, to a GET without Range and without conditions
// of its own. How long they are fresh says the service: s-maxage (on public routes), max-age, Expires, less the Age that they came with; what
// says nothing is fresh for the route's TTL, and a 404 or 410 for [Config.Negative]. Jitter only shortens. What may not be kept at all is
// no-store, Vary: *, Set-Cookie, private on a public route, and the answer to a request with Authorization on a public route unless the
// answer allows it (section 3.5). no-cache is kept and revalidated each time. Directives of a request are heeded: no-store, no-cache,
// max-age, min-fresh, max-stale, only-if-cached.
//
// # For whom
//
// The key of an answer is the service, the URL as it is, Accept-Language, the route's key headers, and what Vary names. On a private route
// also everything that makes up the caller ([identity.Principal]: issuer, subject, tenant, client, scopes), and an anonymous caller is not
// served from it at all. [Config.Validate] refuses a public route of a service to which the caller's identity is forwarded, unless the
// headers that carry it are in the key. Private answers stay in this process unless [Config.PrivateInRedis] is set.
//
// A bulk read (GET /items?ids=a,b,c) is one answer under its URL. That the same ids make the same URL, sorted and without duplicates, is
// the client's business.
//
// # Stale answers
//
// Within stale-while-revalidate a stale answer is served at once and one refresh begins behind it; within stale-if-error one is served where
// the fill fails: an error of the chain, 500, 502, 503, 504, a success that cannot be read ([Deps.Usable]), or no answer before the caller's deadline. Both windows begin when the answer
// stops being fresh, and come from the answer or else from the route. must-revalidate, no-cache and (public routes) proxy-revalidate forbid
// them; s-maxage forbids the route's, but not those that the same answer grants: RFC 9111 section 4.2.4 would have both refused, yet whoever
// writes "s-maxage=60, stale-if-error=600" means it, and shared caches at large do as is meant.
//
// Whoever asks below [fault.WithoutStale] gets nothing stale by either: where the entry is not fresh the service is asked, and its failure
// is the answer. Below [fault.Anew] the cache is passed by, for a step of an order must not be decided by what was so a moment ago.
//
// What was done is said in three places: [call.Call.Cache] for telemetry; the answer's Age; and its Cache-Status (RFC 9211), of which a
// service's own is removed:
//
//	tiffin; hit; ttl=55                     fresh for 55 more seconds
//	tiffin; hit; ttl=-12                    stale for 12 seconds: the ttl is negative exactly where the answer is stale ([Stale])
//	tiffin; hit; ttl=-12; detail=error      stale, because the fill failed
//	tiffin; fwd=stale; fwd-status=304       revalidated
//	tiffin; fwd=miss; collapsed             another caller's fill, waited for
//	tiffin; fwd=miss                        filled
//	tiffin; fwd=bypass                      not for this cache
//
// # One fill per key
//
// Callers that miss the same key wait for one fill together. It ends when the last of them has left, not when the first one does, and is
// bounded by [Config.FillTimeout] and next, not by the deadline of one of them. A failure is everybody's: a dead service is not asked a
// thousand times. An answer that turns out to be no other's to see is given to the one who asked, and the others ask for themselves.
//
// # Invalidation
//
// Answers carry the route's tags, "menu:{restaurant_id}" filled in from the path or the query, where "a,b" in the query makes a tag of each;
// [Cache.Invalidate] makes them unreachable, also those of which the fill has begun, here and on the other gateways. A method that is not
// safe, once it succeeded, invalidates what is kept under the same path (RFC 9111 section 4.4) and the tags that a route with this path
// would have; a request that is declared to be a read ([call.Read]) does not.
package cache
