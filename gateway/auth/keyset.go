package auth

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// unknownEvery is how often an unknown key id may make us ask again: bad tokens must not become load on the issuer.
	unknownEvery = 30 * time.Second
	// refreshEvery is when keys are asked for again in the background, so that new ones are known before tokens by them come, and one that
	// was withdrawn stops to count.
	refreshEvery = 5 * time.Minute
	// maxAge is when a request asks for them where nobody does in the background.
	maxAge = 15 * time.Minute
	// maxTried is how many keys a token is held against that does not say which: each costs as much as a signature.
	maxTried = 8
	// maxWaiting is how many requests wait for a fetch, which an issuer that hangs can draw out: a quarter of those that the gateway takes at
	// once by default. More are told to come again, so that tokens by keys that nobody has do not shut everybody else out.
	maxWaiting = 256
)

// errNoKeys reports that a token cannot be judged: its issuer could not be asked for its keys yet.
var errNoKeys = errors.New("the issuer's keys could not be fetched")

// keySet holds one issuer's keys. While run runs it keeps them fresh; a request fetches them itself only where there are none yet or where
// its token names one that is not among them, one request at a time. The last good ones stay when a fetch fails.
type keySet struct {
	issuer string
	client *http.Client
	now    func() time.Time
	health *health

	known    atomic.Pointer[keys]
	at       atomic.Int64  // when they were fetched last, in nanoseconds since 1970
	followed atomic.Bool   // run is running
	waiting  atomic.Int32  // how many await
	fetching chan struct{} // holds one token: whoever put it there may fetch
	tried    time.Time     // the last attempt; guarded by fetching
	failed   error         // its outcome; guarded by fetching
}

// keys is what a fetch gave. A nil one has no keys. As long as the issuer shows the same keys it is the same pointer: who verified a token by
// it can tell whether that still counts.
type keys struct {
	byID map[string][]crypto.PublicKey
	all  []crypto.PublicKey
	sum  [sha256.Size]byte // of all that is above
}

func newKeySet(issuer string, client *http.Client, now func() time.Time, health *health) *keySet {
	return &keySet{issuer: issuer, client: client, now: now, health: health, fetching: make(chan struct{}, 1)}
}

// run keeps the keys fresh until ctx ends.
func (s *keySet) run(ctx context.Context) {
	s.followed.Store(true)
	defer s.followed.Store(false)
	for ctx.Err() == nil {
		pause := refreshEvery - rand.N(refreshEvery/10) //nolint:gosec // only so that not all gateways ask at once
		if err := s.refresh(ctx); err != nil {
			pause = s.pause()
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
		}
	}
}

// refresh fetches the keys unless that was tried just now, and reports how the last try went.
func (s *keySet) refresh(ctx context.Context) error {
	select {
	case s.fetching <- struct{}{}:
		defer func() { <-s.fetching }()
	case <-ctx.Done():
		return ctx.Err()
	}
	s.fetchIfDue(ctx)
	return s.failed
}

// find returns the set that is known and in it the keys with the id, or all for a token that names none. Its errors are refusedKey or wrap
// errNoKeys.
func (s *keySet) find(ctx context.Context, id string) (*keys, *oidc.StaticKeySet, error) {
	switch found := s.known.Load().named(id); {
	case len(found) == 0:
		if err := s.await(ctx); err != nil {
			return nil, nil, err
		}
	case !s.followed.Load() && s.now().UnixNano()-s.at.Load() >= int64(maxAge):
		s.renew(ctx)
	}
	known := s.known.Load()
	if found := known.named(id); len(found) > 0 && (id != "" || len(found) <= maxTried) {
		return known, &oidc.StaticKeySet{PublicKeys: found}, nil
	}
	return nil, nil, refusedKey
}

func (k *keys) named(id string) []crypto.PublicKey {
	switch {
	case k == nil:
		return nil
	case id == "":
		return k.all
	default:
		return k.byID[id]
	}
}

// await fetches keys or waits for the request that does. It fails where there are none at all afterwards, and where too many wait.
func (s *keySet) await(ctx context.Context) error {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > maxWaiting {
		return fmt.Errorf("%w: %d requests wait for them", errNoKeys, maxWaiting)
	}
	select {
	case s.fetching <- struct{}{}:
		defer func() { <-s.fetching }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errNoKeys, ctx.Err())
	}
	s.fetchIfDue(ctx)
	if s.known.Load() == nil {
		return s.failed
	}
	return nil
}

// renew fetches keys unless somebody does so already: the caller has good ones.
func (s *keySet) renew(ctx context.Context) {
	select {
	case s.fetching <- struct{}{}:
		defer func() { <-s.fetching }()
		s.fetchIfDue(ctx)
	default:
	}
}

// fetchIfDue replaces the keys, unless the last attempt is too recent: somebody else's, while the caller waited, is.
func (s *keySet) fetchIfDue(ctx context.Context) {
	if s.now().Sub(s.tried) < s.pause() {
		return
	}
	s.tried = s.now()
	fetched, err := fetchKeys(context.WithoutCancel(ctx), s.client, s.issuer) // for the others who wait, too
	s.health.report(s.issuer, err)
	if s.failed = err; err != nil {
		return
	}
	s.at.Store(s.now().UnixNano())
	if known := s.known.Load(); known == nil || known.sum != fetched.sum {
		s.known.Store(fetched)
	}
}

// pause is how long an attempt keeps the next one away.
func (s *keySet) pause() time.Duration {
	if s.known.Load() == nil {
		return retryAfter
	}
	return unknownEvery
}
