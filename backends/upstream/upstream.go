package upstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"tiffin/backends/upstream/balance"
	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/health"
	"tiffin/backends/upstream/observe"
	"tiffin/backends/upstream/resilience"
	"tiffin/backends/upstream/status"
	"tiffin/fault"
	"tiffin/internal/kv"
)

// Deps are the collaborators of an Upstream. All may be left out.
type Deps struct {
	// Name is what the service is called; it keeps its answers apart from those of others in Store.
	Name string
	// Store keeps answers that may be used again; none are where it is nil.
	Store *kv.Store
	// Issuers reaches the token endpoint of Config.Identity; by Dial, without a proxy, where it is nil.
	Issuers http.RoundTripper
	// Dial opens a connection, to an instance or to who knows them; a [net.Dialer] where it is nil.
	Dial dialer
	// Retryable tells an answer that stands for a failure which a repeat can mend, although its status does not say so. It looks at the body with
	// [body.Peek]: what it read, nobody after it could.
	Retryable func(*http.Response) bool
	// Usable tells a successful answer that can be read from one that must not be kept; see [cache.Deps].
	Usable func(header http.Header, body string) bool
	// Observer watches the calls; nobody does where it is nil.
	Observer *observe.Service
	// Events hears what happens.
	Events Events
}

// Events are told what happens to a service's instances and calls, for logs and metrics. They are called where it happens and must be
// quick. Each may be nil.
type Events struct {
	// Discovered: the set of instances changed.
	Discovered func(discovery.Change)
	// DiscoveryFailed: who knows the instances did not answer, or with none; the last good set stays.
	DiscoveryFailed func(error)
	// Checked: active checks took an instance out or brought it back.
	Checked func(health.Checked)
	// Ejected and Returned: passive ejection began and ended.
	Ejected  func(health.Ejection)
	Returned func(addr string)
	// Calls are those of the resilience positions.
	Calls resilience.Hooks
}

// Upstream is an [http.RoundTripper] to the instances of one service. The host of a request's URL does not matter. It follows no redirects
// and uses no proxy. Answers are in memory: closing them is good manners only. It is safe for concurrent use.
//
// Errors are those of the positions; [context.DeadlineExceeded] and [context.Canceled] are inside where they are the cause.
type Upstream struct {
	cfg         Config
	events      Events
	observer    *observe.Service
	source      source
	set         *balance.Set
	policies    *resilience.Policies
	checker     *health.Checker
	outliers    *health.Outliers
	connections *connections
	issuers     http.RoundTripper
	store       *kv.Store
	usable      func(http.Header, string) bool
	cache       *cache.Cache // nil where nothing is kept
	broken      error        // what kept a position from being made
	head        http.RoundTripper

	changed chan struct{} // has a value when instances have left
	settled chan struct{}
	once    sync.Once
	failure atomic.Pointer[string] // discovery's last, nil while it is well
}

// New builds the chain; it reads the files of Config.TLS. It starts nothing and asks nobody; calls before Run find no instance.
func New(cfg Config, deps Deps) (*Upstream, error) {
	if problems := cfg.Validate(); problems != nil {
		return nil, joined(problems)
	}
	source, _ := newSource(cfg.URL, deps.Dial) // Validate had no problem with it
	cfg.Cache = cfg.keyed()
	cfg.Cache.Service = deps.Name
	cfg.TLS.ServerName = cmp.Or(cfg.TLS.ServerName, source.ServerName)
	connections, err := newConnections(deps.Dial, cfg.TLS, cfg.IdleTimeout)
	if err != nil {
		return nil, err
	}
	u := &Upstream{
		cfg: cfg, store: deps.Store, usable: deps.Usable, events: deps.Events, observer: deps.Observer, source: source, connections: connections,
		issuers: deps.Issuers,
		changed: make(chan struct{}, 1), settled: make(chan struct{}),
	}
	if u.issuers == nil { // another far side than the service: it is known by the system's roots
		u.issuers = newTransport(deps.Dial, &tls.Config{MinVersion: tls.VersionTLS12}, cfg.IdleTimeout)
	}
	if err := u.assemble(deps); err != nil {
		return nil, err
	}
	positions := u.chain()
	if cfg.Mesh {
		positions = u.meshed()
	}
	u.head = u.build(positions)
	return u, u.broken
}

func joined(problems []fault.Invalid) error {
	errs := make([]error, len(problems))
	for n, problem := range problems {
		errs[n] = problem
	}
	return errors.Join(errs...)
}

// assemble makes the parts that the positions are made of.
func (u *Upstream) assemble(deps Deps) (err error) {
	if u.set, err = balance.NewSet(u.cfg.Balance, balance.Deps{Changed: u.instancesChanged}); err != nil {
		return err
	}
	if u.policies, err = resilience.New(u.cfg.Resilience, resilience.Deps{
		Retryable: deps.Retryable, Random: rand.Float64, Hooks: u.events.Calls,
	}); err != nil {
		return err
	}
	if u.checker, err = health.NewChecker(u.cfg.Health.Active, u.target(), health.CheckerDeps{
		Set: u.set, Transport: checks{u.connections}, Rand: rand.Float64, Checked: u.events.Checked,
	}); err != nil {
		return err
	}
	u.outliers, err = health.NewOutliers(u.cfg.Health.Passive, health.OutliersDeps{
		Set: u.set, Ejected: u.events.Ejected, Returned: u.events.Returned,
	})
	return err
}

// target is how instances are spoken to, by calls and by checks.
func (u *Upstream) target() call.Target {
	return call.Target{Scheme: u.source.Scheme, Base: u.source.BasePath, Host: u.source.ServerName}
}

// RoundTrip implements [http.RoundTripper].
func (u *Upstream) RoundTrip(req *http.Request) (*http.Response, error) { return u.head.RoundTrip(req) }

// MaxBody is the bound of answers' bodies, in bytes: whoever reads one from here needs no lower one.
func (u *Upstream) MaxBody() int64 { return u.cfg.Resilience.MaxBody }

// Status tells how the service, called name, is.
func (u *Upstream) Status(name string) status.Service {
	sources := status.Sources{Name: name, Balance: u.set.Status(), Calls: u.policies.Status(), Cache: u.cacheStatus()}
	if failure := u.failure.Load(); failure != nil {
		sources.Discovery = *failure
	}
	return status.Of(sources)
}

// Run follows the instances and their health until ctx ends. It returns an error only where discovery can never work. It is called once.
func (u *Upstream) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var work sync.WaitGroup
	if !u.cfg.Mesh {
		work.Go(func() { u.checker.Run(ctx) })
		work.Go(func() { u.outliers.Run(ctx) })
	}
	work.Go(func() { u.dropWhatLeft(ctx) })
	work.Go(func() { u.connections.endRetired(ctx, u.longestCall()) })
	err := u.source.provider.Watch(ctx, u.discovered, u.discoveryFailed)
	if err != nil {
		u.discoveryFailed(err)
	}
	cancel()
	work.Wait()
	u.Close()
	return err
}

// Reload reads the files of Config.TLS again and reports whether they have changed. Calls and checks from now on go by what they have, over
// connections of their own; calls under way end on those that they have, which are closed then. With an error everything stays as it was.
// It is for whoever knows when to look, now and then: one goroutine calls it.
func (u *Upstream) Reload() (changed bool, err error) { return u.connections.reload() }

// Settled is closed once discovery has answered for the first time, well or not, or can never work.
func (u *Upstream) Settled() <-chan struct{} { return u.settled }

// Close ends what the cache is fetching and drops the connections that wait for another call.
func (u *Upstream) Close() {
	if u.cache != nil {
		u.cache.Close()
	}
	u.connections.close()
}

func (u *Upstream) discovered(set []discovery.Endpoint) {
	u.failure.Store(nil)
	u.set.Update(set)
	u.once.Do(func() { close(u.settled) })
}

func (u *Upstream) discoveryFailed(err error) {
	text := err.Error()
	u.failure.Store(&text)
	if u.events.DiscoveryFailed != nil {
		u.events.DiscoveryFailed(err)
	}
	u.once.Do(func() { close(u.settled) })
}

func (u *Upstream) instancesChanged(change discovery.Change) {
	if u.events.Discovered != nil {
		u.events.Discovered(change)
	}
	if len(change.Removed) == 0 {
		return
	}
	var stay []string
	for _, instance := range u.set.Instances() {
		stay = append(stay, instance.Addr())
	}
	u.policies.Keep(stay)
	select {
	case u.changed <- struct{}{}:
	default: // it is being seen to already
	}
}

// dropWhatLeft closes the connections to instances that are gone.
func (u *Upstream) dropWhatLeft(ctx context.Context) {
	for {
		select {
		case <-u.changed:
			u.connections.drop(ctx, u.longestCall())
		case <-ctx.Done():
			return
		}
	}
}

func (u *Upstream) longestCall() time.Duration {
	r := u.cfg.Resilience
	return max(r.Reads.CallTimeout, r.KeyedWrites.CallTimeout, r.Writes.CallTimeout)
}

func (u *Upstream) observe(instance *balance.Instance, outcome balance.Outcome) {
	if !u.cfg.Mesh {
		u.outliers.Observe(instance, outcome)
	}
}

var _ body.Bounded = (*Upstream)(nil)
