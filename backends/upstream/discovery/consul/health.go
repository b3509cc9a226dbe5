package consul

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tiffin/backends/upstream/body"
	"tiffin/backends/upstream/discovery"
)

// Bounds of an answer in bytes. An instance takes some 2 KB.
const (
	maxAnswer  = 16 << 20
	maxMessage = 200
)

// ask makes the query GET /v1/health/service/:service, which is answered once the result has an index above the given one.
func (w *watch) ask(ctx context.Context, index uint64) ([]discovery.Endpoint, uint64, error) {
	req, err := w.request(ctx, index)
	if err != nil {
		return nil, 0, err
	}
	res, err := w.client.Do(req) //nolint:bodyclose // body.Read closes it
	if err != nil {
		return nil, 0, reason(err)
	}
	content, err := body.Read(res, maxAnswer)
	switch tooLarge, is := errors.AsType[*body.TooLargeError](err); {
	case is:
		return nil, 0, fmt.Errorf("the answer is larger than %d bytes", tooLarge.Limit)
	case err != nil:
		return nil, 0, err
	case res.StatusCode != http.StatusOK:
		return nil, 0, refusal(res.StatusCode, content)
	}
	index, err = strconv.ParseUint(res.Header.Get("X-Consul-Index"), 10, 64)
	if err != nil {
		return nil, 0, errors.New("the answer has no X-Consul-Index: is this Consul's HTTP API?")
	}
	set, err := decode(content)
	if err == nil && len(set) == 0 && res.Header.Get("X-Consul-Results-Filtered-By-Acls") == "true" {
		err = fmt.Errorf("%w that the ACL token may see; it needs service:read and node:read", discovery.ErrEmpty)
	}
	return set, index, err
}

func (w *watch) request(ctx context.Context, index uint64) (*http.Request, error) {
	query := url.Values{"passing": {"1"}, "tag": w.cfg.Tags}
	if w.cfg.Datacenter != "" {
		query.Set("dc", w.cfg.Datacenter)
	}
	if index > 0 {
		query.Set("index", strconv.FormatUint(index, 10))
		query.Set("wait", strconv.FormatInt(w.cfg.Wait.Milliseconds(), 10)+"ms")
	}
	target := url.URL{Scheme: "http", Host: w.cfg.Addr, RawQuery: query.Encode()}
	if w.cfg.TLS {
		target.Scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.JoinPath("v1/health/service", url.PathEscape(w.cfg.Service)).String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	token, err := w.token()
	if token != "" {
		req.Header.Set("X-Consul-Token", token)
	}
	return req, err
}

// reason leaves the URL out of an error, which has been said already.
func reason(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// refusal is the error for another status, with the beginning of what Consul says: "No cluster leader", "ACL not found".
func refusal(status int, body []byte) error {
	text := strings.TrimSpace(string(body[:min(len(body), maxMessage)]))
	remedy := ""
	if status == http.StatusForbidden || status == http.StatusUnauthorized {
		remedy = "; the ACL token needs service:read and node:read"
	}
	return fmt.Errorf("status %d, %q%s", status, text, remedy)
}

// entry is what we read of one instance.
type entry struct {
	Node struct {
		Address  string            `json:"Address"`
		Meta     map[string]string `json:"Meta"`
		Locality *locality         `json:"Locality"`
	} `json:"Node"`
	Service struct {
		Address string            `json:"Address"`
		Port    int               `json:"Port"`
		Meta    map[string]string `json:"Meta"`
		Weights struct {
			Passing int `json:"Passing"`
		} `json:"Weights"`
		Locality *locality `json:"Locality"`
	} `json:"Service"`
}

type locality struct {
	Zone string `json:"Zone"`
}

func decode(body []byte) ([]discovery.Endpoint, error) {
	var entries []entry
	if err := json.Unmarshal(body, &entries); err != nil {
		return nil, fmt.Errorf("the answer is not the list of a service's instances: %w", err)
	}
	set := make([]discovery.Endpoint, 0, len(entries))
	for n, e := range entries {
		endpoint, err := e.endpoint()
		if err != nil {
			return nil, fmt.Errorf("instance %d of %d %w", n+1, len(entries), err)
		}
		set = append(set, endpoint)
	}
	return set, nil
}

// endpoint has the address of the service, or of its node where the service has none of its own.
func (e entry) endpoint() (discovery.Endpoint, error) {
	host := e.Service.Address
	if host == "" {
		host = e.Node.Address
	}
	if host == "" || e.Service.Port < 1 || e.Service.Port > 65535 {
		return discovery.Endpoint{}, errors.New("was registered without an address or a port")
	}
	return discovery.Endpoint{
		Addr:   discovery.JoinAddr(host, uint16(e.Service.Port)),
		Zone:   e.zone(),
		Weight: max(0, e.Service.Weights.Passing),
	}, nil
}

// zone is the locality's, of the service or of its node, else what the metadata calls "zone".
func (e entry) zone() string {
	for _, l := range []*locality{e.Service.Locality, e.Node.Locality} {
		if l != nil && l.Zone != "" {
			return l.Zone
		}
	}
	if zone := e.Service.Meta["zone"]; zone != "" {
		return zone
	}
	return e.Node.Meta["zone"]
}
