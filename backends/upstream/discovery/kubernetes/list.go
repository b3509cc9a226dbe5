package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"tiffin/backends/upstream/body"
)

// Bounds of a list: a slice has at most 1000 endpoints, of some 500 bytes each.
const (
	pageSize = 100 // slices
	maxPages = 10
	maxPage  = 64 << 20 // bytes
)

// page is discovery.k8s.io/v1 EndpointSliceList.
type page struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
		Continue        string `json:"continue"`
	} `json:"metadata"`
	Items []slice `json:"items"`
}

// list replaces what we know by what the API server knows now.
func (w *watch) list(ctx context.Context, c *client) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	fresh, token := slices{}, ""
	for range maxPages {
		params := map[string]string{"limit": strconv.Itoa(pageSize)}
		if token != "" {
			params["continue"] = token
		}
		p, err := c.page(ctx, params)
		if err != nil {
			return err
		}
		for _, s := range p.Items {
			fresh[s.Metadata.Name] = s
		}
		if token = p.Metadata.Continue; token == "" {
			w.slices, w.version = fresh, p.Metadata.ResourceVersion
			return nil
		}
	}
	return fmt.Errorf("the service has more than %d EndpointSlices", maxPages*pageSize)
}

func (c *client) page(ctx context.Context, params map[string]string) (page, error) {
	res, err := c.get(ctx, params) //nolint:bodyclose // body.Read closes it
	if err != nil {
		return page{}, err
	}
	var p page
	content, err := body.Read(res, maxPage)
	switch tooLarge, is := errors.AsType[*body.TooLargeError](err); {
	case is:
		return page{}, fmt.Errorf("the list is larger than %d bytes", tooLarge.Limit)
	case err != nil:
		return page{}, fmt.Errorf("the list: %w", err)
	}
	if err := json.Unmarshal(content, &p); err != nil {
		return page{}, fmt.Errorf("the list is not one of EndpointSlices: %w", err)
	}
	if p.Metadata.ResourceVersion == "" {
		return page{}, errors.New("the list has no resourceVersion: is this the Kubernetes API?")
	}
	return p, nil
}
