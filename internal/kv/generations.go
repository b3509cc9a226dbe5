package kv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/redis/go-redis/v9"
)

const (
	// everything is the tag that every value has.
	everything = "*"
	// maxPending bounds the invalidations that wait for Redis; more of them become one, of everything.
	maxPending = 10_000
	// maxGeneration bounds what is taken from Redis for a generation, which is 26 bytes long.
	maxGeneration = 64
)

// generation is what a tag's values are kept under until the tag is invalidated.
type generation struct {
	text   string
	shared bool      // the other gateways know it, too
	until  time.Time // it is believed; what Redis said is as old as the question
}

// belief is what is known of a tag since everything was distrusted for the last time.
type belief struct {
	epoch uint64
	tag   string
}

// generations knows the generation of every tag. One that is not known is made: random, so that it can be no earlier one.
type generations struct {
	known   *otter.Cache[belief, generation]
	epoch   atomic.Uint64
	recheck time.Duration
	shared  *shared // nil where there is no Redis

	mu      sync.Mutex
	pending map[string]struct{} // invalidated here, and Redis does not know it yet
}

// newGenerations bounds them to a number of bytes; they are believed for the time recheck, 0 for as long as they are there.
func newGenerations(maxBytes int64, recheck time.Duration, shared *shared) *generations {
	return &generations{
		known: otter.Must(&otter.Options[belief, generation]{
			MaximumWeight:    uint64(maxBytes), //nolint:gosec // G115: Validate has seen it
			Weigher:          func(b belief, g generation) uint32 { return weigh(b.tag, g.text) },
			ExpiryCalculator: otter.ExpiryWritingFunc(believed),
			Clock:            clock{},
		}),
		recheck: recheck,
		shared:  shared,
		pending: map[string]struct{}{},
	}
}

// believed is for how long, from now.
func believed(e otter.Entry[belief, generation]) time.Duration {
	if e.Value.until.IsZero() {
		return math.MaxInt64 // nobody else could invalidate it
	}
	return max(time.Until(e.Value.until), 1)
}

// distrust forgets everything that is known, also what is just being asked for: the answer may be of before. (Otter's InvalidateAll alone
// would let that in.)
func (g *generations) distrust() {
	g.epoch.Add(1)
	g.known.InvalidateAll()
}

// of returns the generation of everything and of each tag, in this order, and whether the other gateways know all of them.
func (g *generations) of(ctx context.Context, tags []string) (texts []string, shared bool) {
	texts, shared = make([]string, 1+len(tags)), true
	epoch := g.epoch.Load()
	var missing []belief
	for n := range texts {
		tag := belief{epoch, everything}
		if n > 0 {
			tag.tag = tags[n-1]
		}
		known, ok := g.known.GetIfPresent(tag)
		if !ok {
			missing = append(missing, tag)
		}
		texts[n], shared = known.text, shared && known.shared
	}
	if missing != nil {
		return g.after(ctx, epoch, tags, missing)
	}
	return texts, shared
}

// after is of, where some are missing. The loader has no errors and its context does not end.
func (g *generations) after(ctx context.Context, epoch uint64, tags []string, missing []belief) (texts []string, shared bool) {
	all := append([]string{everything}, tags...)
	loaded, _ := g.known.BulkGet(context.WithoutCancel(ctx), missing, otter.BulkLoaderFunc[belief, generation](g.load))
	texts, shared = make([]string, len(all)), true
	for n, tag := range all {
		current, ok := loaded[belief{epoch, tag}]
		if !ok {
			if current, ok = g.known.GetIfPresent(belief{epoch, tag}); !ok {
				current = generation{text: rand.Text()} // it went since: a miss, and the next one asks again
			}
		}
		texts[n], shared = current.text, shared && current.shared
	}
	return texts, shared
}

// load asks Redis; where that is not possible the generations are our own.
func (g *generations) load(ctx context.Context, missing []belief) (map[belief]generation, error) {
	if g.shared == nil {
		return ownFor(missing, time.Time{}), nil
	}
	asked := time.Now()
	askable := slices.DeleteFunc(slices.Clone(missing), func(b belief) bool { return g.isPending(b.tag) })
	texts, err := g.shared.generations(ctx, tagsOf(askable))
	if err != nil {
		return ownFor(missing, asked.Add(g.patience())), nil //nolint:nilerr // Failed was told; what is our own serves meanwhile
	}
	found := ownFor(missing, asked.Add(g.patience()))
	for n, b := range askable {
		found[b] = generation{texts[n], true, asked.Add(g.recheck)}
	}
	return found, nil
}

// patience is how long a generation of our own serves: while Redis is away nothing better is to be had, and its return is noticed; else
// it failed once, or will soon hear what it must.
func (g *generations) patience() time.Duration {
	if g.shared.link.Away() {
		return g.recheck
	}
	return min(g.shared.link.Probe(), g.recheck)
}

func ownFor(missing []belief, until time.Time) map[belief]generation {
	found := make(map[belief]generation, len(missing))
	for _, b := range missing {
		found[b] = generation{rand.Text(), false, until}
	}
	return found
}

func tagsOf(beliefs []belief) []string {
	tags := make([]string, len(beliefs))
	for n, b := range beliefs {
		tags[n] = b.tag
	}
	return tags
}

func (g *generations) isPending(tag string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, pending := g.pending[tag]
	return pending
}

// invalidate gives the tags new generations: here in any case, in Redis and on the other gateways unless there is an error. Then Redis is
// told by a later flush.
func (g *generations) invalidate(ctx context.Context, tags []string) error {
	if g.shared == nil {
		g.forget(tags)
		return nil
	}
	g.remember(tags)
	g.forget(tags)
	return g.tell(ctx, tags)
}

// flush tells Redis what could not be told before.
func (g *generations) flush(ctx context.Context) {
	g.mu.Lock()
	tags := slices.Collect(maps.Keys(g.pending))
	g.mu.Unlock()
	for chunk := range slices.Chunk(tags, maxTags) {
		if g.tell(ctx, chunk) != nil {
			return // the rest waits with it
		}
	}
}

// tell brings the invalidation to Redis and the other gateways. What it brought is no longer pending, what it could not bring is.
func (g *generations) tell(ctx context.Context, tags []string) error {
	if err := g.shared.invalidate(ctx, tags); err != nil {
		g.remember(tags)
		return fmt.Errorf("invalidated here, the other gateways will be told later: %w", err)
	}
	g.mu.Lock()
	for _, tag := range tags {
		delete(g.pending, tag)
	}
	g.mu.Unlock()
	g.forget(tags)
	return nil
}

// forget drops the tags' generations; one that is being loaded is not kept either.
func (g *generations) forget(tags []string) {
	epoch := g.epoch.Load()
	for _, tag := range tags {
		g.known.Invalidate(belief{epoch, tag})
	}
}

func (g *generations) remember(tags []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, tag := range tags {
		g.pending[tag] = struct{}{}
	}
	if len(g.pending) > maxPending {
		g.pending = map[string]struct{}{everything: {}}
		g.distrust()
	}
}

// generations reads the tags' generations and makes those that are missing; two that make one agree on the first.
func (s *shared) generations(ctx context.Context, tags []string) ([]string, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	keys := make([]string, len(tags))
	for n, tag := range tags {
		keys[n] = s.generationKey(tag)
	}
	var texts []string
	err := s.do(ctx, "read generations", func(ctx context.Context) error {
		var err error
		if texts, err = s.readGenerations(ctx, keys); !errors.Is(err, errUnknown) {
			return err
		}
		if err := s.makeGenerations(ctx, keys, texts); err != nil {
			return err
		}
		texts, err = s.readGenerations(ctx, keys)
		return err
	})
	return texts, err
}

var errUnknown = errors.New("a tag has no generation")

// readGenerations returns "" for one that is missing, with errUnknown.
func (s *shared) readGenerations(ctx context.Context, keys []string) ([]string, error) {
	values, err := s.client.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(values))
	for n, value := range values {
		texts[n], _ = value.(string)
		switch {
		case texts[n] == "":
			err = errUnknown
		case len(texts[n]) > maxGeneration:
			return nil, errors.New("the key of a generation holds something else")
		}
	}
	return texts, err
}

func (s *shared) makeGenerations(ctx context.Context, keys, texts []string) error {
	_, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for n, key := range keys {
			if texts[n] == "" {
				pipe.SetNX(ctx, key, rand.Text(), s.maxAge)
			}
		}
		return nil
	})
	return err
}

// invalidate gives the tags new generations and tells the other gateways, in one transaction.
func (s *shared) invalidate(ctx context.Context, tags []string) error {
	message := encodeMessage(tags)
	return s.do(ctx, "invalidate tags", func(ctx context.Context) error {
		_, err := s.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, tag := range tags {
				pipe.Set(ctx, s.generationKey(tag), rand.Text(), s.maxAge)
			}
			pipe.Publish(ctx, s.channel(), message)
			return nil
		})
		return err
	})
}

func (s *shared) generationKey(tag string) string { return s.prefix + "g:" + tag }
func (s *shared) channel() string                 { return s.prefix + "invalidated" }
