//go:build unix

package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// world is the simulated services of one drill, reached over HTTP like anybody reaches them.
type world struct {
	process *process
	client  *http.Client
	// urls are what the services said at their start: orders, board, issuer and so on, the first instance of each.
	urls map[string]string
	// config is that of a gateway in front of them.
	config string
	tokens map[string]string
	// before is how many orders there were when the drill began.
	before int
}

// patience bounds any one request of the drill's own. The gateways' own deadlines are shorter.
const patience = 10 * time.Second

// startWorld starts the services on ports that are free.
func startWorld(ctx context.Context, p Program, dir string) (*world, error) {
	const tries, lowest, blocks, block = 20, 20000, 100, 100
	const atOnce = 256
	w := &world{
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}, Timeout: patience},
		urls:   map[string]string{}, tokens: map[string]string{},
	}
	file := filepath.Join(dir, "services.yaml")
	failure := errors.New("no try")
	for range tries {
		base := lowest + block*rand.IntN(blocks) //nolint:gosec // G404: a port
		var err error
		if w.process, err = p.start(dir, "services", "services", "--base-port", strconv.Itoa(base), "--write-config", file); err != nil {
			return nil, err
		}
		if _, failure = w.process.says(ctx, "ready", w.note); failure == nil {
			break
		}
	}
	if failure != nil {
		return nil, failure
	}
	return w, errors.Join(w.read(file), w.signIn(ctx), w.count(ctx))
}

// note keeps the address in a line such as "orders     http://127.0.0.1:8100,127.0.0.1:8101".
func (w *world) note(line string) {
	if name, url, ok := strings.Cut(line, " "); ok {
		w.urls[name], _, _ = strings.Cut(strings.TrimSpace(url), ",")
	}
}

func (w *world) read(file string) error {
	config, err := os.ReadFile(file) //nolint:gosec // G304: a file of our own
	w.config = string(config)
	return err
}

// people place orders.
func people() []string { return []string{"alice", "bob", "carol"} }

func (w *world) signIn(ctx context.Context) error {
	for _, name := range people() {
		token, err := w.call(ctx, http.MethodGet, w.urls["issuer"]+"/token?user="+name, nil)
		if err != nil {
			return err
		}
		w.tokens[name] = string(token)
	}
	return nil
}

func (w *world) count(ctx context.Context) error {
	report, err := w.audit(ctx)
	w.before = report.Orders
	return err
}

// call returns the body of an answer of 2xx.
func (w *world) call(ctx context.Context, method, url string, body any) ([]byte, error) {
	status, text, err := w.exchange(ctx, method, url, body, func(*http.Request) {})
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%s %s: status %d: %.300s", method, url, status, text)
	}
	return text, err
}

// exchange sends a request with a JSON body, if there is one, and returns the answer's.
func (w *world) exchange(ctx context.Context, method, url string, body any, prepare func(*http.Request)) (status int, text []byte, err error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(payload))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	prepare(r)
	response, err := w.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	text, err = io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// fault is one for the board.
type fault struct {
	Service string  `json:"service"`
	Kind    string  `json:"kind"`
	Rate    float64 `json:"rate"`
	MS      int     `json:"ms,omitzero"`
}

// noise is what the services do all the time while a drill goes on: about one call in twelve goes wrong, half of those after it was
// carried out.
func noise() []fault {
	var all []fault
	for _, service := range []string{"orders", "inventory", "payments", "delivery", "geocoding"} {
		all = append(all,
			fault{Service: service, Kind: "lost_answer", Rate: 0.03},
			fault{Service: service, Kind: "reset", Rate: 0.02},
			fault{Service: service, Kind: "status", Rate: 0.02},
			fault{Service: service, Kind: "truncate", Rate: 0.01},
			fault{Service: service, Kind: "garbage", Rate: 0.01},
			fault{Service: service, Kind: "latency", Rate: 0.05, MS: 150},
		)
	}
	return append(all, fault{Service: "payments", Kind: "xml_fault", Rate: 0.03})
}

func (w *world) breaks(ctx context.Context, faults []fault) error {
	for _, f := range faults {
		if _, err := w.call(ctx, http.MethodPost, w.urls["board"]+"/faults", f); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) mend(ctx context.Context) error {
	_, err := w.call(ctx, http.MethodDelete, w.urls["board"]+"/faults", nil)
	return err
}

type violation struct {
	Order  string `json:"order"`
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
}

// audit is what the board says of all orders.
type audit struct {
	Orders     int         `json:"orders"`
	Open       int         `json:"open"`
	Violations []violation `json:"violations"`
}

func (w *world) audit(ctx context.Context) (audit, error) {
	var report audit
	text, err := w.call(ctx, http.MethodGet, w.urls["board"]+"/audit", nil)
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	return report, err
}

// held is an order as the order service holds it.
type held struct {
	ID     string `json:"order_reference"`
	Status string `json:"current_status"`
	Total  struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	} `json:"grand_total"`
}

// holdings asks the order service for orders, by id; those that it does not know are left out.
func (w *world) holdings(ctx context.Context, ids []string) (map[string]held, error) {
	const most = 50
	all := make(map[string]held, len(ids))
	for len(ids) > 0 {
		n := min(most, len(ids))
		text, err := w.call(ctx, http.MethodGet, w.urls["orders"]+"/orders?refs="+strings.Join(ids[:n], ","), nil)
		if err != nil {
			return nil, err
		}
		var page struct {
			Orders []held `json:"orders"`
		}
		if err := json.Unmarshal(text, &page); err != nil {
			return nil, err
		}
		for _, order := range page.Orders {
			all[order.ID] = order
		}
		ids = ids[n:]
	}
	return all, nil
}

func (w *world) close() error {
	w.client.CloseIdleConnections()
	return w.process.kill()
}
