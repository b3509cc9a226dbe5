package orders

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	"tiffin/fault"
	"tiffin/identity"
	"tiffin/internal/storefront"
)

const (
	// maxRefs is how many orders one call of the service reads.
	maxRefs = 100
	// maxCalls bounds the calls that one ByIDs has under way.
	maxCalls = 4
	// maxToken bounds what follows the prefix of an order's id.
	maxToken = 64
	// scopeReadAny lets support see everybody's orders.
	scopeReadAny = "orders:read:any"
)

// reader is whose orders a caller may see.
type reader struct {
	customer string
	any      bool // everybody's
}

// readerFrom asks who reads; an [fault.Unauthenticated] where nobody is signed in.
func readerFrom(ctx context.Context) (reader, error) {
	principal, ok := identity.From(ctx)
	if !ok {
		return reader{}, fault.New(fault.Unauthenticated, "Sign in to see orders.")
	}
	return reader{principal.ID(), principal.HasScope(scopeReadAny)}, nil
}

func (r reader) sees(order *Order) bool { return r.any || order.CustomerID == r.customer }

// ByIDs reads the orders that the caller of ctx may see: their own, or all with scope orders:read:any. Others are left out, as if
// they did not exist. [fault.Unauthenticated] without a caller. More than 100 ids take several calls.
func (c *Client) ByIDs(ctx context.Context, ids []string) (map[string]*Order, error) {
	reader, err := readerFrom(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.bulk(ctx, sound(ids))
	if err != nil {
		return nil, err
	}
	visible := make(map[string]*Order, len(found))
	for n := range found {
		if order := &found[n]; reader.sees(order) {
			visible[order.ID] = order
		}
	}
	return visible, nil
}

// sound leaves out what can be no order's id, and doubles: ids come from clients, and the service refuses the whole call for one that
// is malformed.
func sound(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !isID(id) })
	slices.Sort(ids)
	return slices.Compact(ids)
}

func isID(id string) bool {
	token, ok := strings.CutPrefix(id, storefront.OrderPrefix)
	return ok && token != "" && len(token) <= maxToken && strings.Trim(token, alphanumeric) == "" // Trim cuts all or leaves a bad one
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// bulk reads orders by their ids, maxRefs to a call and maxCalls at a time. Any failure fails it all.
func (c *Client) bulk(ctx context.Context, ids []string) ([]Order, error) {
	calls := slices.Collect(slices.Chunk(ids, maxRefs))
	found, errs := make([][]Order, len(calls)), make([]error, len(calls))
	places := make(chan struct{}, maxCalls)
	var running sync.WaitGroup
	for n, refs := range calls {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			found[n], errs[n] = c.refs(ctx, refs)
		})
	}
	running.Wait()
	return slices.Concat(found...), cmp.Or(errs...)
}

func (c *Client) refs(ctx context.Context, ids []string) ([]Order, error) {
	var answer wirePage
	if err := c.rest.Get(ctx, "/orders", url.Values{"refs": {strings.Join(ids, ",")}}, &answer); err != nil {
		return nil, typed(err)
	}
	found, err := answer.orders()
	return found, unusable("orders", err)
}
