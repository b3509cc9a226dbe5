package balance

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/discovery"
)

// ErrNoInstance says that no instance of the service is known: discovery has not found one yet. It wraps [call.ErrNotSent]. A retry does
// not help until discovery has.
var ErrNoInstance = fmt.Errorf("no instance is known, discovery has not found one yet, see its last failure: %w", call.ErrNotSent)

// Deps are the collaborators of a Set. All may be nil.
type Deps struct {
	// Rand yields 64 uniformly distributed bits and is safe for concurrent use [math/rand/v2.Uint64].
	Rand func() uint64
	// Changed is told each change of the set, after picks follow it, in order, by the goroutine that called Update: for the log, and so
	// that connections to removed instances can be closed. Attempts in flight there go on.
	Changed func(discovery.Change)
}

// Set is the instances of one service: it follows discovery and health, and picks. It is safe for concurrent use.
type Set struct {
	cfg     Config
	policy  constructor
	env     env
	changed func(discovery.Change)
	epoch   time.Time
	current atomic.Pointer[snapshot]

	mu      sync.Mutex // held to change what follows and to replace current
	members map[string]*member
	news    chan struct{}
}

// NewSet returns an empty Set, or all of [Config.Validate]'s problems in one error.
func NewSet(cfg Config, deps Deps) (*Set, error) {
	var problems []error
	for _, problem := range cfg.Validate() {
		problems = append(problems, problem)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	if deps.Rand == nil {
		deps.Rand = rand.Uint64
	}
	if deps.Changed == nil {
		deps.Changed = func(discovery.Change) {}
	}
	s := &Set{
		cfg: cfg, policy: policies()[cfg.Policy], env: env{deps.Rand, cfg.HalfLife}, changed: deps.Changed,
		epoch: time.Now(), members: map[string]*member{}, news: make(chan struct{}),
	}
	s.current.Store(&snapshot{until: forever})
	return s, nil
}

// now is the time since the Set was made.
func (s *Set) now() time.Duration { return time.Since(s.epoch) }

// Update makes endpoints, as a discovery.Provider tells them, the whole set. An instance that stays keeps its statistics and its health;
// one that is new is healthy until it shows otherwise, and starts slowly unless it is of the first set. Nothing is removed by an empty
// update: whoever wants no instances has no calls to make. It is called by one goroutine at a time.
func (s *Set) Update(endpoints []discovery.Endpoint) {
	if len(endpoints) == 0 {
		return
	}
	if change := s.replace(discovery.Normalize(endpoints)); !change.None() {
		s.changed(change)
	}
}

func (s *Set) replace(endpoints []discovery.Endpoint) discovery.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	since := now
	if len(s.members) == 0 {
		since -= s.cfg.SlowStart
	}
	var before []discovery.Endpoint
	for _, m := range s.sorted() {
		before = append(before, m.endpoint)
	}
	members := make(map[string]*member, len(endpoints))
	for _, e := range endpoints {
		m := s.members[e.Addr]
		if m == nil {
			m = &member{instance: &Instance{addr: e.Addr}, since: since, ejectedUntil: since}
		}
		m.endpoint = e
		members[e.Addr] = m
	}
	s.members = members
	s.rebuild(now)
	close(s.news)
	s.news = make(chan struct{})
	return discovery.Diff(before, endpoints)
}

// sorted is the members in the order of their addresses. The caller holds mu.
func (s *Set) sorted() []*member {
	members := make([]*member, 0, len(s.members))
	for _, m := range s.members {
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b *member) int { return strings.Compare(a.endpoint.Addr, b.endpoint.Addr) })
	return members
}

// rebuild replaces the snapshot. The caller holds mu.
func (s *Set) rebuild(now time.Duration) {
	s.current.Store(newSnapshot(newPlan(s.sorted(), s.cfg, now), s.policy, s.env))
}

// Instances returns those of the set, sorted by address.
func (s *Set) Instances() []*Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Instance
	for _, m := range s.sorted() {
		out = append(out, m.instance)
	}
	return out
}

// News returns a channel that is closed at the next Update. Ask for it before Instances to miss nothing.
func (s *Set) News() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}
