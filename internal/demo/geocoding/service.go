// Package geocoding simulates the geocoding service of backends/geocoding/openapi.yaml: it knows the streets of the invented town,
// and what a person may have meant who writes them wrongly.
package geocoding

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/stage"
	"tiffin/internal/storefront"
)

// maxQuery bounds an address, in characters.
const maxQuery = 300

// caching is a day: streets do not move.
const caching = "public, max-age=86400"

// Service is the simulated service. It has no state.
type Service struct{ streets []catalogue.Street }

// New returns a service that knows the town's streets, the magic ones too.
func New() *Service {
	return &Service{append(catalogue.Streets(), catalogue.SpecialStreets()...)}
}

// Handler answers the contract's operations but /health, which is each instance's own. All instances share it.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /geocode", s.geocode)
	return mux
}

// The contract's words.
type (
	found struct {
		Status       string   `json:"status"`
		Lat          float64  `json:"lat"`
		Lng          float64  `json:"lng"`
		Score        float64  `json:"score"`
		Formatted    string   `json:"formatted"`
		Alternatives []string `json:"alternatives"`
	}
	notFound struct {
		Status       string   `json:"status"`
		Score        float64  `json:"score"`
		Alternatives []string `json:"alternatives"`
	}
)

// How sure the service is.
const (
	scoreDoor   = 0.95
	scoreStreet = 0.75
	scoreAlike  = 0.4
)

func (s *Service) geocode(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	if q == "" || utf8.RuneCountInString(q) > maxQuery || !utf8.ValidString(q) {
		stage.Problem(w, http.StatusBadRequest, "invalid_request", "q: 1 to 300 characters of UTF-8", nil)
		return
	}
	write(w, r, s.locate(q))
}

// locate is a door, a street, something that reads alike, or nothing.
func (s *Service) locate(q string) any {
	if door, ok := catalogue.FindDoor(q); ok && door.Number > 0 {
		return found{"ok", door.Coordinates().Latitude, door.Coordinates().Longitude, scoreDoor, door.Address(), nil}
	} else if ok {
		at := door.Coordinates()
		return found{"approximate", at.Latitude, at.Longitude, scoreStreet, street(door.Street), nil}
	}
	alike := s.alike(q)
	if len(alike) == 0 {
		return notFound{Status: "not_found"}
	}
	at, names := alike[0].at, make([]string, len(alike))
	for n, guess := range alike {
		names[n] = guess.label
	}
	return found{"approximate", at.Latitude, at.Longitude, scoreAlike, names[0], names}
}

// street is how the town writes a street without a number.
func street(s catalogue.Street) string { return s.Name + ", " + catalogue.Town }

// place is a guess: where it is, and how the town writes it.
type place struct {
	label string
	at    storefront.Coordinates
}

// write answers with v under a strong ETag, or 304 where the client has it.
func write(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("geocoding: an answer that JSON cannot hold: " + err.Error())
	}
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", caching)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the client has gone: nobody to tell
}
