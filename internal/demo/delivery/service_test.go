package delivery_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/delivery"
	"tiffin/internal/demo/seed"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// clock is a hand that the test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newService(past ...seed.Order) (*delivery.Service, *clock) {
	c := &clock{start}
	return delivery.New(delivery.Config{Catalogue: world, Past: past, Now: c.Now}), c
}

// do sends one request past any network; key "" sends none.
func do(t *testing.T, s *delivery.Service, method, target, key, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", `"`+key+`"`)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return v
}

func check(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	problem := decode[struct{ Code string }](t, w)
	if w.Code != status || problem.Code != code {
		t.Errorf("%d %q, want %d %q", w.Code, problem.Code, status, code)
	}
}

func TestWhatTheContractForbids(t *testing.T) {
	many := "ord_1" + strings.Repeat(",ord_1", 100)
	for _, tc := range []struct {
		name, method, target, key, body string
		status                          int
		code                            string
	}{
		{"assign without a key", "PUT", "/deliveries/ord_1", "", "{}", 400, "idempotency_key_missing"},
		{"cancel without a key", "POST", "/deliveries/ord_1/cancel", "", "", 400, "idempotency_key_missing"},
		{"assign without JSON", "PUT", "/deliveries/ord_1", "k", "x", 400, "malformed_body"},
		{"quote with a member that is none", "POST", "/quotes", "", `{"restaurant":"res_001"}`, 400, "malformed_body"},
		{"no such place on earth", "POST", "/quotes", "", `{"restaurant_id":"res_001","dropoff":{"lat":91,"lng":0}}`, 422, "outside_area"},
		{"list of nobody", "GET", "/deliveries", "", "", 400, "order_ids_invalid"},
		{"long list", "GET", "/deliveries?order_ids=" + many, "", "", 400, "order_ids_invalid"},
		{"positions of nobody", "GET", "/positions?order_ids=", "", "", 400, "order_ids_invalid"},
		{"long positions", "GET", "/positions?order_ids=" + many, "", "", 400, "order_ids_invalid"},
		{"unknown delivery", "GET", "/deliveries/ord_1", "", "", 404, "not_found"},
		{"events of an unknown delivery", "GET", "/deliveries/ord_1/events", "", "", 404, "not_found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := newService()
			check(t, do(t, s, tc.method, tc.target, tc.key, tc.body), tc.status, tc.code)
		})
	}
}

type quoted struct {
	QuoteID  string    `json:"quote_id"`
	FeeMinor int64     `json:"fee_minor"`
	ETA      time.Time `json:"eta"`
}

// quote asks for the way from res_001 to a place.
func quote(t *testing.T, s *delivery.Service, restaurant string, lat, lng float64) quoted {
	t.Helper()
	body := fmt.Sprintf(`{"restaurant_id":%q,"dropoff":{"lat":%v,"lng":%v}}`, restaurant, lat, lng)
	w := do(t, s, "POST", "/quotes", "", body)
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return decode[quoted](t, w)
}

func TestFeesAndTimesGoByDistance(t *testing.T) {
	s, _ := newService()
	kitchen := world.Restaurant("res_001").Coordinates
	degree := 1 / 111.195 // a kilometre of latitude
	for km, want := range map[float64]int64{0: 190, 0.4: 190, 0.6: 230, 2: 270, 7.9: 510} {
		got := quote(t, s, "res_001", kitchen.Latitude+km*degree, kitchen.Longitude)
		if got.FeeMinor != want {
			t.Errorf("%v km cost %d, want %d", km, got.FeeMinor, want)
		}
		ride := time.Duration(km*1000/5) * time.Second
		if wait := got.ETA.Sub(start.Add(15*time.Minute + ride)); wait < 0 || wait > time.Second {
			t.Errorf("%v km take %v", km, got.ETA.Sub(start))
		}
	}
}

// Magic lies in three streets only: whoever orders to another place meets none.
func TestOrdinaryDoorsHaveNoMagic(t *testing.T) {
	s, _ := newService()
	n := 0
	for _, street := range catalogue.Streets() {
		for _, number := range []int{0, 1, 50, 100, 200} {
			n++
			place := street.Door(number).Coordinates()
			q := quoteSomewhere(t, s, place.Latitude, place.Longitude)
			if w := assign(t, s, fmt.Sprintf("ord_%d", n), q, place.Latitude, place.Longitude); w.Code != http.StatusCreated {
				t.Errorf("%s: %d %s", street.Door(number).Address(), w.Code, w.Body)
			}
		}
	}
}

func TestEveryDoorOfAMagicStreetIsMagic(t *testing.T) {
	s, _ := newService()
	want := map[string]int{catalogue.LonelyRoad: http.StatusConflict, catalogue.SlowLane: http.StatusAccepted}
	for _, street := range catalogue.SpecialStreets() {
		for number := 0; number <= 200 && want[street.Name] != 0; number++ {
			place := street.Door(number).Coordinates()
			q := quoteSomewhere(t, s, place.Latitude, place.Longitude)
			w := assign(t, s, fmt.Sprintf("ord_%s%d", street.Name[:4], number), q, place.Latitude, place.Longitude)
			if w.Code != want[street.Name] {
				t.Fatalf("%s: %d %s", street.Door(number).Address(), w.Code, w.Body)
			}
		}
	}
}

// offer is a quote and its kitchen.
type offer struct {
	quoted
	restaurant string
}

// quoteSomewhere finds a kitchen that delivers to the place.
func quoteSomewhere(t *testing.T, s *delivery.Service, lat, lng float64) offer {
	t.Helper()
	for _, r := range world.Restaurants {
		body := fmt.Sprintf(`{"restaurant_id":%q,"dropoff":{"lat":%v,"lng":%v}}`, r.ID, lat, lng)
		if w := do(t, s, "POST", "/quotes", "", body); w.Code == http.StatusOK {
			return offer{decode[quoted](t, w), r.ID}
		}
	}
	t.Fatalf("no kitchen delivers to %v, %v", lat, lng)
	return offer{}
}

func assign(t *testing.T, s *delivery.Service, orderID string, q offer, lat, lng float64) *httptest.ResponseRecorder {
	t.Helper()
	body := fmt.Sprintf(`{"quote_id":%q,"restaurant_id":%q,"dropoff":{"lat":%v,"lng":%v,"address_line":"x","contact_name":"y"}}`,
		q.QuoteID, q.restaurant, lat, lng)
	return do(t, s, "PUT", "/deliveries/"+orderID, "assign "+orderID, body)
}

func TestAssignments(t *testing.T) {
	s, clock := newService()
	place := catalogue.Streets()[0].Door(12).Coordinates()
	slow := catalogue.SpecialStreets()[1].Door(1).Coordinates()
	q, slowQuote := quoteSomewhere(t, s, place.Latitude, place.Longitude), quoteSomewhere(t, s, slow.Latitude, slow.Longitude)
	assign(t, s, "ord_booked", q, place.Latitude, place.Longitude)
	assign(t, s, "ord_undone", q, place.Latitude, place.Longitude)
	assign(t, s, "ord_slow", slowQuote, slow.Latitude, slow.Longitude)
	do(t, s, "POST", "/deliveries/ord_undone/cancel", "c1", "")
	do(t, s, "POST", "/deliveries/ord_never/cancel", "c2", "")
	want := []delivery.Assignment{{"ord_booked", 1, false}, {"ord_never", 0, true}, {"ord_slow", 0, false}, {"ord_undone", 0, true}}
	if diff := cmp.Diff(want, sorted(s)); diff != "" {
		t.Error(diff)
	}
	clock.now = start.Add(2 * time.Second)
	want[2].Drivers = 1
	if diff := cmp.Diff(want, sorted(s)); diff != "" {
		t.Error(diff)
	}
	check(t, do(t, s, "GET", "/deliveries/ord_never", "", ""), 404, "not_found") // a tombstone is no delivery
}

func sorted(s *delivery.Service) []delivery.Assignment {
	all := s.Assignments()
	slices.SortFunc(all, func(a, b delivery.Assignment) int { return strings.Compare(a.OrderID, b.OrderID) })
	return all
}
