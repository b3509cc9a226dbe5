package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// atOnce is how many users ask for pages, and few where a drill only has to wait.
	atOnce, few = 100, 3
	// interval is the time from the start of a wave of pages to that of the next, if it has ended by then.
	interval = time.Second
	// patience bounds a page; the gateway's own deadline is shorter.
	patience = 15 * time.Second
)

// query is the page: orders, restaurants, dishes and their stock, payments, deliveries with the driver's position.
const query = `{ orders(first: 1) { edges { node { id status total { amount currency }
	restaurant { name } lines { quantity item { name stock } } payment { status } delivery { status driver { name position { latitude } } } } } } }`

// World is a gateway in front of the demo's services, by URL.
type World struct {
	// GraphQL is the gateway's address, Board the faults', Issuer the tokens'.
	GraphQL, Board, Issuer string
	Client                 *http.Client
	// Books count what the gateway asks of the services.
	Books *Books
}

// load says how pages are asked for: in waves, in each of which so many users ask for so many pages each, one after the other.
type load struct{ waves, users, each int }

// run asks for the pages.
func (w World) run(ctx context.Context, l load) (Pages, error) {
	var all Pages
	for range l.waves {
		next := time.NewTimer(interval)
		wave, err := w.wave(ctx, l.users, l.each)
		if err != nil {
			return all, err
		}
		all = all.plus(wave)
		if err := await(ctx, next); err != nil {
			return all, err
		}
	}
	return all, nil
}

func await(ctx context.Context, timer *time.Timer) error {
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wave lets the users ask, all at once, and waits for them.
func (w World) wave(ctx context.Context, users, each int) (Pages, error) {
	token, err := w.exchange(ctx, http.MethodGet, w.Issuer+"/token?user=alice", nil, "")
	if err != nil {
		return Pages{}, err
	}
	var (
		mu   sync.Mutex
		all  Pages
		work sync.WaitGroup
	)
	for range users {
		work.Go(func() {
			var own Pages
			for range each {
				own = own.plus(w.page(ctx, string(token)))
			}
			mu.Lock()
			defer mu.Unlock()
			all = all.plus(own)
		})
	}
	work.Wait()
	return all, nil
}

// page asks for one.
func (w World) page(ctx context.Context, token string) Pages {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start := time.Now()
	body, err := json.Marshal(map[string]string{"query": query})
	text := []byte(nil)
	if err == nil {
		text, err = w.exchange(ctx, http.MethodPost, w.GraphQL, body, token)
	}
	p := Pages{Asked: 1, Took: []time.Duration{time.Since(start)}}
	if err != nil {
		p.Reasons = map[string]int{err.Error(): 1}
		return p
	}
	return p.judged(text)
}

// exchange returns the body of an answer of 2xx.
func (w World) exchange(ctx context.Context, method, url string, body []byte, token string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: status %d", method, url, response.StatusCode)
	}
	return text, err
}
