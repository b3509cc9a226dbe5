// Package geocoding is the typed client of the geocoding service, which turns an address as a person writes it into coordinates.
// It speaks JSON (openapi.yaml); wire.go is the one file that knows its names.
package geocoding

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"tiffin/backends/rest"
	"tiffin/fault"
	"tiffin/internal/storefront"
)

// Service is the name that this service has in configuration, errors and telemetry.
const Service = "geocoding"

// maxAddress bounds an address, in characters; the schema's bound and the service's.
const maxAddress = 300

// Location is what the service makes of an address.
type Location struct {
	Coordinates storefront.Coordinates
	// Label is the address as the service writes it.
	Label string
	// Confidence is 0 (a guess) to 1 (the door).
	Confidence float64
	// Suggestions are addresses that could be meant: at most 5.
	Suggestions []string
}

// Client is the typed client of the geocoding service; safe for concurrent use.
type Client struct{ rest *rest.Client }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://geocoding.
func New(transport http.RoundTripper) *Client {
	return &Client{rest.New(rest.Config{Service: Service}, transport)}
}

// Locate finds an address of 1 to 300 characters; others are a [fault.Error] with code BAD_USER_INPUT, and no call is made. An address
// that is not found at all has Confidence 0 and perhaps Suggestions; that is no error.
func (c *Client) Locate(ctx context.Context, address string) (Location, error) {
	address = strings.TrimSpace(address)
	if address == "" || utf8.RuneCountInString(address) > maxAddress || !utf8.ValidString(address) {
		return Location{}, fault.New(fault.BadUserInput, "address must be 1 to %d characters.", maxAddress)
	}
	var wire wireAnswer
	if err := c.rest.Get(ctx, "/geocode", url.Values{"q": {address}}, &wire); err != nil {
		return Location{}, err
	}
	return wire.location()
}
