package geocoding

import (
	"fmt"

	"tiffin/fault"
	"tiffin/internal/storefront"
)

// wireAnswer is what openapi.yaml calls things. A pointer is a member that must be there and whose zero value means something.
type wireAnswer struct {
	Status       string   `json:"status"`
	Lat          *float64 `json:"lat"`
	Lng          *float64 `json:"lng"`
	Score        *float64 `json:"score"`
	Formatted    string   `json:"formatted"`
	Alternatives []string `json:"alternatives"`
}

const statusNotFound = "not_found"

// maxSuggestions is the schema's bound; the service's may grow.
const maxSuggestions = 5

// location reads the answer. A status that is not known counts as found: the score says how surely.
func (w wireAnswer) location() (Location, error) {
	suggestions := w.Alternatives[:min(len(w.Alternatives), maxSuggestions)]
	if w.Status == statusNotFound {
		return Location{Suggestions: suggestions}, nil
	}
	if w.Status == "" || w.Lat == nil || w.Lng == nil || w.Score == nil || w.Formatted == "" {
		return Location{}, broken("the answer lacks a member that the contract requires")
	}
	place := storefront.Coordinates{Latitude: *w.Lat, Longitude: *w.Lng}
	if !place.Valid() || *w.Score < 0 || *w.Score > 1 {
		return Location{}, broken("place %v or score %v is out of range", place, *w.Score)
	}
	return Location{Coordinates: place, Label: w.Formatted, Confidence: *w.Score, Suggestions: suggestions}, nil
}

// broken reports an answer that is not what the contract promises.
func broken(format string, args ...any) error {
	return fault.Broken(Service, fmt.Errorf(format, args...))
}
