package app

import (
	"time"

	"tiffin/backends/upstream/cache"
)

// What of the services is kept where the configuration does not say otherwise. How long an answer is fresh says the service; the rest is
// ours. Left out, and why, because an order's money or a customer's safety hangs on it:
//
//   - inventory's /stock: it changes by the second, and decides whether an order can be placed;
//   - delivery's /positions: a driver is where they are, and nobody's to see a minute later;
//   - everything of orders and payments: what was charged and where an order stands is as it is, or not known.
//
// Checkout never takes a stale answer, whatever is listed here: what it reads is asked below [fault.WithoutStale].

// inventoryRoutes keep what is the same for everybody. A menu may stand in for an hour: whoever orders by an old price is told so before
// anything is charged, for the order service prices the cart.
func inventoryRoutes() []cache.Route {
	const standsIn = time.Hour
	return []cache.Route{
		{Path: "/menus", Scope: cache.Public, TTL: time.Minute, StaleIfError: standsIn, Tags: []string{"menu:{restaurant_ids}"}},
		{Path: "/items", Scope: cache.Public, TTL: time.Minute, StaleIfError: standsIn, Tags: []string{"item:{ids}"}},
		{Path: "/restaurants", Scope: cache.Public, TTL: 30 * time.Second, StaleIfError: standsIn, Tags: []string{"restaurant:{ids}"}},
		{Path: "/restaurants", Scope: cache.Public, TTL: 30 * time.Second, StaleIfError: 10 * time.Minute, Tags: []string{"restaurants"}}, // lists
		{Path: "/images/{file...}", Scope: cache.Public, TTL: time.Hour, StaleIfError: 24 * time.Hour, Tags: []string{"image:{file}"}},
	}
}

// deliveryRoutes keep deliveries for the time that the service is away, for the caller who saw them: each page asks anew while it is there.
func deliveryRoutes() []cache.Route {
	return []cache.Route{
		{Path: "/deliveries", Scope: cache.Private, StaleIfError: 5 * time.Minute, Tags: []string{"delivery:{order_ids}"}},
	}
}

// geocodingRoutes keep an address's place for as long as the service says, so that a quote and its order agree on it. Addresses are
// their owner's: private, which also keeps them out of Redis. A service that says nothing is asked each time.
func geocodingRoutes() []cache.Route {
	return []cache.Route{{Path: "/geocode", Scope: cache.Private, Tags: []string{"geocode"}}}
}
