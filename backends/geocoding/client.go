// Package geocoding is the typed client of the geocoding service, which turns an address as a person writes it into coordinates.
// It speaks JSON (openapi.yaml).
package geocoding

import (
	"context"
	"errors"
	"net/http"

	"tiffin/internal/storefront"
)

// Service is the name that this service has in configuration, errors and telemetry.
const Service = "geocoding"

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
type Client struct{ transport http.RoundTripper }

// New returns a client that reaches the service through transport, which knows the service's instances: the client addresses it as
// http://geocoding.
func New(transport http.RoundTripper) *Client { return &Client{transport} }

var errStub = errors.New("stub")

// Locate finds an address. An address that is not found at all has Confidence 0 and perhaps Suggestions; that is no error.
func (c *Client) Locate(ctx context.Context, address string) (Location, error) {
	return Location{}, errStub
}
