package resilience_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/call"
	"tiffin/backends/upstream/resilience"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup is what a test changes of the chain.
type setup struct {
	cfg       resilience.Config
	deps      resilience.Deps
	calls     call.Config
	instances []string
	wrap      func(http.RoundTripper) http.RoundTripper // of the transport
}

// world is a whole chain, all but the cache and the identity, over real HTTP in memory. It is made in a bubble.
type world struct {
	http.RoundTripper
	*resilience.Policies
	network   *testkit.Network
	transport *http.Transport
	dialled   atomic.Int32
	picked    atomic.Int32
}

// open returns a chain to the instances, which are the handlers by name; the setup is that of the defaults, changed.
func open(t *testing.T, handlers map[string]http.HandlerFunc, change func(*setup)) *world {
	t.Helper()
	s := setup{cfg: resilience.Defaults()}
	s.deps.Random = func() float64 { return 1 } // the longest back-off
	for name := range handlers {
		s.instances = append(s.instances, name)
	}
	slices.Sort(s.instances)
	s.wrap = func(next http.RoundTripper) http.RoundTripper { return next }
	if change != nil {
		change(&s)
	}
	w := &world{network: testkit.NewNetwork()}
	t.Cleanup(w.network.Close)
	for name, handler := range handlers {
		w.network.Serve(name, handler)
	}
	w.transport = w.network.Transport()
	w.transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		w.dialled.Add(1)
		return w.network.DialContext(ctx, network, addr)
	}
	var err error
	if w.Policies, err = resilience.New(s.cfg, s.deps); err != nil {
		t.Fatal(err)
	}
	w.RoundTripper = w.chain(s)
	return w
}

// chain is the visible list, as package upstream will have it.
func (w *world) chain(s setup) http.RoundTripper {
	next := s.wrap(w.transport)
	return call.Start(s.calls, w.Deadline(w.Bulkhead(w.Retry(w.Hedge(counted(&w.picked, balanceOver(s.instances, w.Breaker(w.Attempt(next)))))))))
}

// roundTrip is a function as a RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// balanceOver picks the first instance that was not tried; when all were, the first again.
func balanceOver(instances []string, next call.Position) call.Position {
	target := &call.Target{Scheme: "http"}
	return call.Func(func(t call.Trip) (*http.Response, error) {
		tried := t.Call.Tried()
		addr := instances[0]
		if at := slices.IndexFunc(instances, func(i string) bool { return !slices.Contains(tried, i) }); at >= 0 {
			addr = instances[at]
		}
		t.Attempt = t.Call.Begin(call.Attempt{Addr: addr, Target: target, Began: t.Now()})
		return next.Do(t)
	})
}

// counted counts the trips to a position.
func counted(n *atomic.Int32, next call.Position) call.Position {
	return call.Func(func(t call.Trip) (*http.Response, error) {
		n.Add(1)
		return next.Do(t)
	})
}

// request is a request as the clients of the services make them: the body of a keyed one cannot be rewound.
func request(ctx context.Context, method, key, body string) *http.Request {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	if key != "" {
		content = struct{ io.Reader }{strings.NewReader(body)}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://service/things", content)
	if err != nil {
		panic(err)
	}
	if key != "" {
		req.ContentLength = int64(len(body))
		req.Header.Set("Idempotency-Key", `"`+key+`"`)
	}
	return req
}

// get makes a read and returns its status, 0 on an error.
func (w *world) get(ctx context.Context) (int, string, error) {
	return read(w.RoundTrip(request(ctx, "GET", "", "")))
}

func read(res *http.Response, err error) (int, string, error) {
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

// inBubble runs the tests of a table, each in a bubble.
func inBubble(t *testing.T, name string, f func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// wait lets fake time pass.
func wait(d time.Duration) { <-time.After(d) }

// answers is a handler that gives the statuses in turn and the last for good, and counts.
type answers struct {
	statuses []int
	header   http.Header
	count    atomic.Int32
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := int(a.count.Add(1)) - 1
	_, _ = io.Copy(io.Discard, r.Body)
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.statuses[min(n, len(a.statuses)-1)])
	_, _ = io.WriteString(w, http.StatusText(a.statuses[min(n, len(a.statuses)-1)]))
}

func (a *answers) seen() int { return int(a.count.Load()) }

func always(statuses ...int) *answers { return &answers{statuses: statuses} }

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then the server sees the client leave
	<-r.Context().Done()
}

// stalled answers with half a body.
func stalled(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, "half")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// log collects what hooks were told.
type log[T any] struct {
	mu  sync.Mutex
	all []T
}

func (l *log[T]) add(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, v)
}

func (l *log[T]) list() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}
