// Package kv keeps values by key with an expiry: in this process, bounded in bytes, and where one is configured also in a Redis that
// several gateways share. It is a cache: anything may be gone at any time, and nothing fails because Redis is away.
//
//	Store ── Slot ── generations (otter) ─── shared ── Redis, publish and subscribe
//	  ├─ level 1: gocache Cache[string] ── memory (otter)
//	  └─ level 2: gocache Cache[string] ── store/redis ── go-redis (presence: is Redis there?)
//
// # Tags and generations
//
// A value may carry tags, and [Store.Invalidate] makes every value with a tag unreachable, here, in Redis and on the other gateways. No
// lists of keys are kept for it. A tag has a generation, a random text; the key under which a value is kept, its [Slot], is a hash of
// its name and the generations of its tags; to invalidate a tag is to give it a new generation. What is left behind expires, or makes
// room. It follows that
//
//   - a value whose making began before an invalidation and ended after it is stored under a slot that nobody asks for any more: take
//     the Slot before the value is made;
//   - a generation may get lost at any time (evicted, expired, flushed): there is a new one then, and values are missed, never resurrected;
//   - hearing of an invalidation twice costs nothing.
//
// Redis has the last word on generations where there is one; a process believes what it read for [Config.Recheck] at most, counted from
// when it asked, or until a message says otherwise. That is how old a value can be where such a message got lost. A message can get lost
// only while there is no subscription, and when one begins nothing that was known or is being asked is believed any more. An invalidation that could not be brought to
// Redis counts here at once and is repeated by [Store.Run] until it has arrived. Should the process end before, the others keep the
// value until it expires.
//
// # When Redis is away
//
// Every operation on Redis takes at most 70 ms and is tried once. After a failed dial, or after three failures in a row, Redis is away:
// nothing waits for it, the memory serves alone, and once a second one operation (and one dial) finds out whether it is back. Tags that
// must be looked up meanwhile get a generation of this process alone, so that nothing from memory outlives Recheck while no invalidation
// could be heard. A single failure costs less: such a generation is asked for again after a second.
package kv
