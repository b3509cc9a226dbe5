package inventory

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
)

// The contract's bounds.
const (
	defaultLimit = 20
	maxLimit     = 100
	maxIDs       = 100
	maxMenus     = 20
	maxWords     = 100
	maxLines     = 50
	maxQuantity  = 99
)

var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// badRequest answers a request that is not one of the contract.
func badRequest(w http.ResponseWriter, format string, args ...any) {
	stage.Problem(w, http.StatusBadRequest, "invalid_request", fmt.Sprintf(format, args...), nil)
}

// parseIDs reads a comma-separated parameter of 1 to limit ids.
func parseIDs(query url.Values, name string, limit int) ([]string, error) {
	ids := strings.Split(query.Get(name), ",")
	if len(ids) > limit {
		return nil, fmt.Errorf("%s: at most %d ids", name, limit)
	}
	for _, id := range ids {
		if !idForm.MatchString(id) {
			return nil, fmt.Errorf("%s: ids are 1 to 64 letters, digits, _ and -, separated by commas", name)
		}
	}
	return ids, nil
}

// parseSearch reads the parameters of a page of restaurants.
func parseSearch(query url.Values) (search, error) {
	s := search{cursor: query.Get("cursor"), limit: defaultLimit}
	if query.Has("limit") {
		limit, err := strconv.Atoi(query.Get("limit"))
		if err != nil || limit < 1 || limit > maxLimit {
			return search{}, fmt.Errorf("limit: 1 to %d", maxLimit)
		}
		s.limit = limit
	}
	if q := query.Get("q"); query.Has("q") && (q == "" || utf8.RuneCountInString(q) > maxWords) {
		return search{}, fmt.Errorf("q: 1 to %d characters", maxWords)
	}
	s.words = strings.Fields(strings.ToLower(query.Get("q")))
	var err error
	s.near, err = parseNear(query)
	return s, err
}

func parseNear(query url.Values) (*storefront.Coordinates, error) {
	if !query.Has("lat") && !query.Has("lng") {
		return nil, nil //nolint:nilnil // no place was asked for
	}
	lat, latErr := strconv.ParseFloat(query.Get("lat"), 64)
	lng, lngErr := strconv.ParseFloat(query.Get("lng"), 64)
	near := storefront.Coordinates{Latitude: lat, Longitude: lng}
	if latErr != nil || lngErr != nil || !near.Valid() {
		return nil, errors.New("lat, lng: both or none, -90 to 90 and -180 to 180")
	}
	return &near, nil
}
