package payments

import (
	"context"
	"maps"
	"slices"
	"sync"
)

const (
	// bulkSize is how many references the service takes at once.
	bulkSize = 100
	// bulkCalls bounds how many bulk inquiries of one ByReferences are under way at once.
	bulkCalls = 4
)

// ByReferences reads many payments at once; unknown references are left out. More than 100 are asked for in several calls, of which
// the first failure ends all.
func (c *Client) ByReferences(ctx context.Context, refs []string) (map[string]*Payment, error) {
	chunks := slices.Collect(slices.Chunk(distinct(refs), bulkSize))
	if len(chunks) == 1 { // as nearly always
		return c.bulk(ctx, chunks[0])
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		calls  sync.WaitGroup
		places = make(chan struct{}, bulkCalls)
		all    = gathered{payments: make(map[string]*Payment, len(refs))}
	)
	for _, chunk := range chunks {
		places <- struct{}{}
		calls.Go(func() {
			defer func() { <-places }()
			if !all.add(c.bulk(ctx, chunk)) {
				cancel()
			}
		})
	}
	calls.Wait()
	return all.result()
}

// distinct sorts, too: the order of calls is that of the references.
func distinct(refs []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(refs)))
}

// gathered is what several calls have found so far.
type gathered struct {
	mu       sync.Mutex
	payments map[string]*Payment
	failure  error // the first
}

func (g *gathered) add(some map[string]*Payment, err error) (ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failure == nil {
		g.failure = err
	}
	maps.Copy(g.payments, some)
	return err == nil
}

func (g *gathered) result() (map[string]*Payment, error) {
	if g.failure != nil {
		return nil, g.failure
	}
	return g.payments, nil
}

// bulk reads at most bulkSize payments, whose references are sorted.
func (c *Client) bulk(ctx context.Context, refs []string) (map[string]*Payment, error) {
	var answer inquiriesResponse
	if err := c.api.Call(ctx, "/payments/inquiries", "", inquiriesRequest{MerchantRefs: refs}, &answer); err != nil {
		return nil, err
	}
	found := make(map[string]*Payment, len(answer.Payments))
	for _, wire := range answer.Payments {
		ref := string(wire.MerchantRef)
		if _, asked := slices.BinarySearch(refs, ref); !asked || found[ref] != nil {
			return nil, broken("the bulk inquiry was answered with a reference twice, or with one that was not asked for")
		}
		payment, err := wire.payment()
		if err != nil {
			return nil, err
		}
		found[ref] = &payment
	}
	return found, nil
}
