package contract

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// loaded keeps each document's router for the whole test process: parsing one
// takes longer than most tests that use it.
var loaded documents //nolint:gochecknoglobals // a cache of immutable values

// documents are routers by the absolute path of their OpenAPI document.
type documents struct {
	mu      sync.Mutex
	routers map[string]func() (routers.Router, error)
}

// at returns the loader of a path, which does its work once.
func (d *documents) at(path string) func() (routers.Router, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.routers == nil {
		d.routers = map[string]func() (routers.Router, error){}
	}
	if d.routers[path] == nil {
		d.routers[path] = sync.OnceValues(func() (routers.Router, error) { return load(path) })
	}
	return d.routers[path]
}

func loadOnce(specPath string) (routers.Router, error) {
	abs, err := filepath.Abs(specPath)
	if err != nil {
		return nil, err
	}
	return loaded.at(abs)()
}

func load(specPath string) (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(specPath)
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the document is no valid OpenAPI 3: %w", err)
	}
	if err := keepServerPaths(doc); err != nil {
		return nil, err
	}
	// An event stream is checked as text; registering it again changes nothing.
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	return gorillamux.NewRouter(doc)
}

// keepServerPaths drops scheme and host of the document's servers, which name
// the real service and not the one under test. A path before all others stays.
func keepServerPaths(doc *openapi3.T) error {
	for _, server := range doc.Servers {
		u, err := url.Parse(server.URL)
		if err != nil {
			return fmt.Errorf("servers: %w", err)
		}
		server.URL = "/" + strings.Trim(u.Path, "/")
	}
	return nil
}
