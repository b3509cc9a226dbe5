package orders

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// maxPage bounds [ListQuery.First], and is the service's own bound.
const maxPage = 100

// List reads a page of the caller's orders, newest first; everybody's with scope orders:read:any. [fault.Unauthenticated] without a
// caller; [fault.BadUserInput] for a First out of bounds, a status that no order can be asked for by, and an After that is no cursor of
// this list: the same caller's, with the same status.
func (c *Client) List(ctx context.Context, query ListQuery) (*OrderConnection, error) {
	reader, err := readerFrom(ctx)
	if err != nil {
		return nil, err
	}
	list, err := listOf(reader, query)
	if err != nil {
		return nil, err
	}
	var answer wirePage
	switch err := c.rest.Get(ctx, "/orders", list.query, &answer); {
	case isRefused(err, refusedCursor):
		return nil, errCursor()
	case err != nil:
		return nil, typed(err)
	}
	page, err := list.connection(answer)
	return page, unusable("list of orders", err)
}

// list is one list of orders, at one page.
type list struct {
	reader  reader
	cursors cursors
	query   url.Values
	behind  bool // the page comes behind another
}

func listOf(reader reader, query ListQuery) (list, error) {
	if query.First < 1 || query.First > maxPage {
		return list{}, fault.New(fault.BadUserInput, "first must be 1 to %d.", maxPage)
	}
	l := list{reader: reader, cursors: newCursors(reader, query.Status), behind: query.After != ""}
	l.query = url.Values{"limit": {strconv.Itoa(query.First)}}
	if reader.any {
		l.query.Set("scope", "all")
	} else {
		l.query.Set("customer_ref", reader.customer)
	}
	if query.Status != "" {
		word, ok := wordOf(query.Status)
		if !ok {
			return list{}, fault.New(fault.BadUserInput, "status cannot be UNKNOWN: no orders can be listed by it.")
		}
		l.query.Set("status", word)
	}
	if l.behind {
		inner, ok := l.cursors.open(query.After)
		if !ok {
			return list{}, errCursor()
		}
		l.query.Set("cursor", inner)
	}
	return l, nil
}

func errCursor() error {
	return fault.New(fault.BadUserInput, "after is not a cursor of this list: take the endCursor of a page that was asked for with the same status.")
}

func (l list) connection(answer wirePage) (*OrderConnection, error) {
	found, err := answer.orders()
	if err != nil {
		return nil, err
	}
	page := &OrderConnection{Edges: make([]OrderEdge, len(found))}
	for n, order := range found {
		switch {
		case answer.Orders[n].Cursor == "":
			return nil, fmt.Errorf("orders[%d] has no cursor", n)
		case !l.reader.sees(&order):
			return nil, errors.New("an order of another customer is in the list")
		}
		page.Edges[n] = OrderEdge{Cursor: l.cursors.seal(answer.Orders[n].Cursor), Node: order}
	}
	page.PageInfo = storefront.PageInfo{HasNextPage: answer.NextCursor != "", HasPreviousPage: l.behind}
	if len(found) > 0 {
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &page.Edges[0].Cursor, &page.Edges[len(found)-1].Cursor
	}
	return page, nil
}
