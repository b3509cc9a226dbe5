package inventory

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"unicode/utf8"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// The bounds of a page, which are the schema's.
const (
	maxFirst  = 100
	maxSearch = 100
)

// Restaurants reads a page of restaurants. A query beyond its bounds, and a cursor of another query, is a [fault.Error] with code
// BAD_USER_INPUT, and no call is made.
func (c *Client) Restaurants(ctx context.Context, query RestaurantQuery) (*RestaurantConnection, error) {
	values, err := query.values()
	if err != nil {
		return nil, err
	}
	var wire wireRestaurants
	if err := c.rest.Get(ctx, "/restaurants", values, &wire); err != nil {
		return nil, err
	}
	return wire.connection(query)
}

// values are the query in the service's words.
func (q RestaurantQuery) values() (url.Values, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	values := url.Values{"limit": {strconv.Itoa(q.First)}}
	if q.Search != "" {
		values.Set("q", q.Search)
	}
	if q.Near != nil {
		values.Set("lat", degrees(q.Near.Latitude))
		values.Set("lng", degrees(q.Near.Longitude))
	}
	if q.After != "" {
		cursor, err := storefront.OpenCursor(q.filter(), q.After)
		if err != nil {
			return nil, fault.New(fault.BadUserInput, "after must be a cursor of a page with the same near and search.")
		}
		values.Set("cursor", cursor)
	}
	return values, nil
}

func (q RestaurantQuery) check() error {
	switch {
	case q.First < 1 || q.First > maxFirst:
		return fault.New(fault.BadUserInput, "first must be 1 to %d.", maxFirst)
	case !utf8.ValidString(q.Search) || utf8.RuneCountInString(q.Search) > maxSearch:
		return fault.New(fault.BadUserInput, "search must be at most %d characters.", maxSearch)
	case q.Near != nil && !q.Near.Valid():
		return fault.New(fault.BadUserInput, "near must be a latitude of -90 to 90 and a longitude of -180 to 180.")
	}
	return nil
}

// filter is the same text for the same near and search: what cursors are bound to.
func (q RestaurantQuery) filter() string {
	if q.Near == nil {
		return fmt.Sprintf("restaurants %q", q.Search)
	}
	return fmt.Sprintf("restaurants %q near %s %s", q.Search, degrees(q.Near.Latitude), degrees(q.Near.Longitude))
}

// degrees is the shortest decimal text that reads back as the same number; no exponent, for services that know none.
func degrees(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }
