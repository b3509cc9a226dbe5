// Package kubernetes is the provider of instances that a Kubernetes cluster knows: kubernetes://shop/orders:http. It lists the
// EndpointSlices of a service and watches them by plain HTTPS, as the service account of the pod it runs in, which needs
//
//	rules: [{apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}]
//
// in the namespace. A service without a selector works as well, if somebody writes its EndpointSlices.
//
//	Watch ── session ── list (pages) ── slices ──┐
//	                 └─ watch (events) ── slices ┴── endpoints ── tell
package kubernetes

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"tiffin/backends/upstream/discovery"
)

// Bounds of the conversation with the API server.
const (
	// rest is between a watch that ended properly and the next.
	rest           = time.Second
	listTimeout    = 30 * time.Second
	connectTimeout = 5 * time.Second
	// idleTimeout bounds how long a connection that was missed stays; a session itself uses its connection all the time.
	idleTimeout = 30 * time.Second
	// watchTime is asked for; the server ends the watch after it. Up to half as much is added at random.
	watchTime = 5 * time.Minute
	// slack is what a server that does not end the watch gets beyond that.
	slack = 30 * time.Second
)

// Where a pod finds its service account.
const (
	accountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token" //nolint:gosec // a path
	accountCA    = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
)

// Config says which service and whom to ask.
type Config struct {
	// Namespace and Service are the service's.
	Namespace, Service string
	// Port is the name of the service's port, or the number that the pods listen on (the target port).
	Port string
	// Family of addresses [any]. Pods of a dual-stack service have both: choose one.
	Family discovery.Family
	// API is the API server's "https://host:port"; empty for that of the cluster that the pod runs in.
	API string
	// TokenFile and CAFile are read for every request and every session [those of the pod's service account]. Neither is used where API
	// begins with http://, which is for kubectl proxy.
	TokenFile, CAFile string
	Backoff           discovery.Backoff
}

// Defaults returns a Config that lacks only the service.
func Defaults() Config {
	return Config{Family: discovery.AnyFamily, TokenFile: accountToken, CAFile: accountCA, Backoff: discovery.DefaultBackoff()}
}

// Deps are the collaborators of a Provider.
type Deps struct {
	// Dial connects to the API server; a net.Dialer where it is nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Getenv reads the environment; os.Getenv where it is nil.
	Getenv func(name string) string
}

// Provider watches one service.
type Provider struct {
	cfg  Config
	deps Deps
}

// New returns a Provider. It opens nothing yet.
func New(cfg Config, deps Deps) *Provider {
	if deps.Dial == nil {
		deps.Dial = (&net.Dialer{}).DialContext
	}
	if deps.Getenv == nil {
		deps.Getenv = os.Getenv
	}
	return &Provider{cfg, deps}
}

// Watch implements discovery.Provider. It returns an error where there is no API server to ask, in no cluster.
func (p *Provider) Watch(ctx context.Context, update func([]discovery.Endpoint), failed func(error)) error {
	api, err := p.api()
	if err != nil {
		return err
	}
	w := &watch{Provider: p, api: api}
	return discovery.Follow(ctx, p.cfg.Backoff, w.session, update, failed)
}

// api is the base URL of the API server, the environment's where the Config has none.
func (p *Provider) api() (string, error) {
	if p.cfg.API != "" {
		return p.cfg.API, nil
	}
	host, port := p.deps.Getenv("KUBERNETES_SERVICE_HOST"), p.deps.Getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return "", fmt.Errorf("kubernetes://%s/%s: this is not a pod (KUBERNETES_SERVICE_HOST or _PORT is not set); name the API server with ?api=https://host:port",
			p.cfg.Namespace, p.cfg.Service)
	}
	return "https://" + net.JoinHostPort(host, port), nil
}

// watch is the state of one Watch.
type watch struct {
	*Provider
	api string
	// version is the resourceVersion up to which slices is right; empty when they must be listed (again).
	version string
	slices  slices
}

// session lists the slices where their version is not known, and then watches them for some minutes. After any failure the next session lists
// anew: what was missed is not known.
func (w *watch) session(ctx context.Context, tell discovery.Tell) (time.Duration, error) {
	resumed := w.version != ""
	c, err := w.connect()
	if err == nil {
		defer c.close()
		err = w.converse(ctx, c, tell)
	}
	if err == nil {
		return rest, nil
	}
	w.version = ""
	if resumed && isGone(err) { // usual after a long silence: a fresh list is all it takes
		return rest, nil
	}
	return 0, fmt.Errorf("watching the EndpointSlices of %s/%s at %s: %w", w.cfg.Namespace, w.cfg.Service, w.api, err)
}

func (w *watch) converse(ctx context.Context, c *client, tell discovery.Tell) error {
	if w.version == "" {
		if err := w.list(ctx, c); err != nil {
			return err
		}
	}
	// Also where nothing was listed: a session that succeeds says so, in case the one before did not.
	tell(w.slices.endpoints(w.cfg))
	return w.follow(ctx, c, tell)
}

var _ discovery.Provider = (*Provider)(nil)
