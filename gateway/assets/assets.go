// Package assets serves static resources of services, such as pictures, below /assets/<service>/: through the same client chain and
// cache as everything else of the service, so that a popular picture is fetched once.
//
// What passes is bounded by path, media type and size. Nothing of the client's request reaches the service but the path: no query, no
// credential, no cookie. What comes back is inert in a browser: its type is not guessed and its scripts do not run.
package assets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"tiffin/backends/upstream/body"
	"tiffin/fault"
)

// Path is where the handler is mounted.
const Path = "/assets/"

// Service is where one service's resources come from.
type Service struct {
	Config

	// Transport is the service's client chain. It is addressed as http://<service>.
	Transport http.RoundTripper
}

// Handler serves the resources of all services. It is safe for concurrent use.
type Handler struct{ services map[string]Service }

// New returns a handler for [Path]. Services without a Prefix are left out.
func New(services map[string]Service) *Handler {
	h := &Handler{services: map[string]Service{}}
	for name, service := range services {
		if service.Prefix != "" {
			h.services[name] = service
		}
	}
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "Use GET.")
		return
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), Path), "/")
	service, known := h.services[name]
	resource := "/" + rest
	if !known || !clean(resource) || !strings.HasPrefix(resource, service.Prefix) {
		refuse(w, http.StatusNotFound, "There is no such resource.")
		return
	}
	asset, err := service.fetch(r.Context(), name, resource)
	if err != nil {
		explain(w, err)
		return
	}
	asset.write(w, r)
}

// clean reports whether a path can be only what it looks like: no escapes, no dots that climb, no doubled slashes.
func clean(p string) bool {
	return path.Clean(p) == strings.TrimSuffix(p, "/") && !strings.ContainsAny(p, "%\\\x00;?#") && len(p) <= 1024
}

// asset is a resource in memory.
type asset struct {
	header http.Header
	body   []byte
}

// errNone: the service has no such resource.
var errNone = errors.New("assets: the service has no such resource")

func (s Service) fetch(ctx context.Context, name, resource string) (*asset, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+name+resource, http.NoBody) //nolint:gosec // G704: the host is configured, the path was looked at
	if err != nil {
		return nil, err
	}
	response, err := s.Transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // of an answer that is refused unread
	switch {
	case response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusGone:
		return nil, errNone
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("assets: %s answered with status %d", name, response.StatusCode)
	case response.Header.Get("Content-Encoding") != "": // nobody asked for one, so that nobody would undo it
		return nil, fmt.Errorf("assets: %s answered with a content coding", name)
	case !s.allows(response.Header.Get("Content-Type")):
		return nil, fmt.Errorf("assets: %s answered with a media type that is not listed", name)
	}
	content, err := body.Read(response, s.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("assets: %s: %w", name, err)
	}
	return &asset{header: response.Header, body: content}, nil
}

// write answers with what of the service's header matters to a client, or with 304.
func (a *asset) write(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"Content-Type", "ETag", "Last-Modified", "Cache-Control", "Age"} {
		if value := a.header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	for _, value := range a.header["Vary"] {
		w.Header().Add("Vary", value)
	}
	if matches(r.Header.Get("If-None-Match"), a.header.Get("ETag")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(a.body) //nolint:gosec // G705: by its own type, and nosniff; a client that left misses it
	}
}

// matches compares weakly (RFC 9110, section 13.1.2).
func matches(condition, etag string) bool {
	if etag == "" || condition == "" {
		return false
	}
	if strings.TrimSpace(condition) == "*" {
		return true
	}
	for candidate := range strings.SplitSeq(condition, ",") {
		if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

// explain answers a failure in words of ours; the cause is in the chain's telemetry.
func explain(w http.ResponseWriter, err error) {
	var e *fault.Error
	switch {
	case errors.Is(err, errNone):
		refuse(w, http.StatusNotFound, "There is no such resource.")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &e) && e.Code == fault.Timeout:
		refuse(w, http.StatusGatewayTimeout, "The service did not answer in time.")
	default:
		refuse(w, http.StatusBadGateway, "The service gave no usable answer.")
	}
}

func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a client that left misses it
}
