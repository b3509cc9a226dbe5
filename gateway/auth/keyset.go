package auth

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// unknownEvery is how often an unknown key id may make us ask again: bad tokens must not become load on the issuer.
	unknownEvery = 30 * time.Second
	// maxAge is when keys are asked for again, so that one that was withdrawn stops to count.
	maxAge = 15 * time.Minute
)

// errNoKeys reports that a token cannot be judged: its issuer could not be asked for its keys yet.
var errNoKeys = errors.New("the issuer's keys could not be fetched")

// keySet holds one issuer's keys and starts nothing: a request that needs keys fetches them, one request at a time, and the last
// good ones stay when that fails.
type keySet struct {
	issuer string
	client *http.Client
	now    func() time.Time

	known    atomic.Pointer[keys]
	fetching chan struct{} // holds one token: whoever put it there may fetch
	tried    time.Time     // the last attempt; guarded by fetching
	failed   error         // its outcome; guarded by fetching
}

// keys is what one fetch gave. A nil one has no keys.
type keys struct {
	byID map[string][]crypto.PublicKey
	all  []crypto.PublicKey
	at   time.Time
}

func newKeySet(issuer string, client *http.Client, now func() time.Time) *keySet {
	return &keySet{issuer: issuer, client: client, now: now, fetching: make(chan struct{}, 1)}
}

// find returns the keys with the id, or all of them for a token that names none. Its errors are refusedKey or wrap errNoKeys.
func (s *keySet) find(ctx context.Context, id string) (*oidc.StaticKeySet, error) {
	known := s.known.Load()
	switch found := known.named(id); {
	case len(found) == 0:
		if err := s.await(ctx); err != nil {
			return nil, err
		}
	case s.now().Sub(known.at) >= maxAge:
		s.renew(ctx)
	}
	if found := s.known.Load().named(id); len(found) > 0 {
		return &oidc.StaticKeySet{PublicKeys: found}, nil
	}
	return nil, refusedKey
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

// await fetches keys or waits for the request that does. It fails only where there are none at all afterwards.
func (s *keySet) await(ctx context.Context) error {
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
	if s.failed = err; err == nil {
		fetched.at = s.now()
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
