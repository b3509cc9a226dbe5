package drill

import (
	"net/http"
	"sync"
)

// Count is what was asked of one service.
type Count struct {
	// Calls are the requests that differ: a request of a page, however often it was sent.
	Calls int
	// Attempts are all requests that were sent, by instance.
	Attempts []int
}

// Sum is the attempts at all instances.
func (c Count) Sum() int {
	sum := 0
	for _, n := range c.Attempts {
		sum += n
	}
	return sum
}

// Share is the part of the attempts that one instance got, 0 to 1.
func (c Count) Share(instance int) float64 {
	if c.Sum() == 0 {
		return 0
	}
	return float64(c.Attempts[instance]) / float64(c.Sum())
}

// plus adds the counts of a later time.
func (c Count) plus(later Count) Count {
	sum := Count{Calls: c.Calls + later.Calls, Attempts: make([]int, max(len(c.Attempts), len(later.Attempts)))}
	for _, part := range [][]int{c.Attempts, later.Attempts} {
		for instance, n := range part {
			sum.Attempts[instance] += n
		}
	}
	return sum
}

// Books count what was asked of the services. They are safe for concurrent use.
type Books struct {
	mu    sync.Mutex
	pages map[string]*page // by service
}

// page is what is counted of one service.
type page struct {
	calls    map[string]struct{}
	attempts []int
}

// NewBooks returns empty books.
func NewBooks() *Books { return &Books{pages: map[string]*page{}} }

// open makes room for an instance.
func (b *Books) open(service string, instance int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[service]
	if p == nil {
		p = &page{calls: map[string]struct{}{}}
		b.pages[service] = p
	}
	p.attempts = append(p.attempts, make([]int, max(instance+1-len(p.attempts), 0))...)
}

// note counts an attempt. A repeat has the request id, method and target of the first.
func (b *Books) note(service string, instance int, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[service]
	p.attempts[instance]++
	p.calls[r.Header.Get("X-Request-Id")+" "+r.Method+" "+r.RequestURI] = struct{}{}
}

// Turn returns the counts of all services since the last Turn, and starts anew. Nothing may be under way.
func (b *Books) Turn() map[string]Count {
	b.mu.Lock()
	defer b.mu.Unlock()
	counts := map[string]Count{}
	for service, p := range b.pages {
		counts[service] = Count{Calls: len(p.calls), Attempts: p.attempts}
		p.calls, p.attempts = map[string]struct{}{}, make([]int, len(p.attempts))
	}
	return counts
}
