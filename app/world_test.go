package app_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"tiffin/app"
	"tiffin/internal/demo"
	"tiffin/internal/demo/stage"
	"tiffin/internal/testkit"
)

// world is the whole program in front of the simulated services, on a network in memory.
type world struct {
	*demo.Demo
	network *testkit.Network
	host    string               // the gateway's, where it is another than "gateway"
	redis   *miniredis.Miniredis // at redis:6379, where there is one
	client  *http.Client
	log     *bytes.Buffer // not to be read before the program has ended
	end     func()        // SIGTERM
	ended   chan error
}

// inWorld runs test against a world of its own in a bubble, where time is fake and a goroutine left behind is a failure.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		synctest.Wait() // what the gateway asks by itself when it starts is no request's
		test(t, w)
		w.end()
		if err := <-w.ended; err != nil {
			t.Error("Run:", err)
		}
	})
}

func start(t *testing.T) *world {
	t.Helper()
	w := idle(t)
	w.run(t, w.config())
	return w
}

// idle is a world whose gateway does not run yet.
func idle(t *testing.T) *world {
	t.Helper()
	w := &world{network: testkit.NewNetwork(), host: "gateway", log: &bytes.Buffer{}, ended: make(chan error, 1)}
	t.Cleanup(w.network.Close)
	var err error
	if w.Demo, err = demo.New(demo.Config{Memory: w.network}); err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	w.client = w.network.Client()
	return w
}

// config is a gateway's in front of this world, as a file would have it.
func (w *world) config() string { return w.configOf(w.ServiceURLs()) }

// configOf is config with the services elsewhere.
func (w *world) configOf(urls map[string]string) string {
	var services strings.Builder
	for name, url := range urls {
		fmt.Fprintf(&services, "  %s: {url: \"%s\"%s}\n", name, url, map[string]string{"inventory": ", assets: {prefix: /images/}"}[name])
	}
	return fmt.Sprintf(`
mode: development
listen: gateway:80
admin: admin:80
auth: {issuers: [{url: %[1]s, audience: tiffin}]}
services:
%[2]sgraphiql: {token_url: %[1]s/token, users: [{name: alice, about: customer}]}
checkout: {journal: {kind: memory}}
`, w.IssuerURL(), services.String())
}

// run starts the program and returns when it is ready.
func (w *world) run(t *testing.T, source string) {
	t.Helper()
	cfg, err := app.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan app.Addresses, 1)
	program, err := app.New(cfg, app.Deps{
		Log: w.log, Version: "test", OnReady: func(at app.Addresses) { ready <- at }, Dial: w.dial,
		Listen: func(_ context.Context, _, address string) (net.Listener, error) {
			return w.network.Listen(address), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	w.end = end
	go func() { w.ended <- program.Run(ctx) }()
	<-ready
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if w.redis != nil && address == "redis:6379" {
		return w.redis.Dial()
	}
	return w.network.DialContext(ctx, network, address)
}

// answer is what a GraphQL request got.
type answer struct {
	Status int `json:"-"`
	Header http.Header
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	Extensions map[string]any `json:"extensions"`
}

// at follows a path of names and indices into the data; nil where it ends early.
func (a answer) at(path ...any) any {
	var value any = a.Data
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			name, _ := step.(string)
			value = v[name]
		case []any:
			i, ok := step.(int)
			if !ok || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// ask sends an operation as user, "" for nobody.
func (w *world) ask(t *testing.T, user, query string, variables map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+cmp.Or(w.host, "gateway")+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if user != "" {
		token, err := w.Token(user)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.send(t, r)
}

func (w *world) send(t *testing.T, r *http.Request) answer {
	t.Helper()
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: response.StatusCode, Header: response.Header}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%d %s: %v", response.StatusCode, text, err)
	}
	return a
}

// breakService sets a fault on every instance of a service and returns what mends it.
func (w *world) breakService(t *testing.T, service string, kind stage.Kind) (mend func()) {
	t.Helper()
	if _, err := w.Faults().Add(stage.Fault{Service: service, Kind: kind, Rate: 1}); err != nil {
		t.Fatal(err)
	}
	return w.Faults().Clear
}

// invalidate forgets what is kept under the tags, by hand.
func (w *world) invalidate(t *testing.T, admin string, tags ...string) {
	t.Helper()
	response, err := w.client.Post(admin+"/invalidate", "text/plain", strings.NewReader(strings.Join(tags, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		t.Errorf("invalidate: %d", response.StatusCode)
	}
}

// audited fails the test where the services disagree about any order.
func (w *world) audited(t *testing.T) {
	t.Helper()
	for _, violation := range w.Audit().Violations {
		t.Errorf("audit: %+v", violation)
	}
}

// pass lets fake time pass.
func pass(d time.Duration) { <-time.After(d) }
