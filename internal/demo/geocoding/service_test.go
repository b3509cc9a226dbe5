package geocoding

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/testkit/contract"
)

const spec = "../../../backends/geocoding/openapi.yaml"

func get(handler http.Handler, target, tag string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	res := httptest.NewRecorder()
	handler.ServeHTTP(res, req)
	return res
}

func TestAnswersMayBeReusedForADay(t *testing.T) {
	handler := contract.Handler(t, spec, New().Handler())
	for _, q := range []string{"12 Curry Lane", "Curry Lane", "Cury Lane", "nowhere at all"} {
		target := "/geocode?q=" + url.QueryEscape(q)
		first := get(handler, target, "")
		tag := first.Header().Get("ETag")
		if first.Code != 200 || first.Header().Get("Cache-Control") != "public, max-age=86400" {
			t.Errorf("%s: %d %v", q, first.Code, first.Header())
		}
		if again := get(handler, target, tag); again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%s: %d for its own tag", q, again.Code)
		}
		if again := get(handler, target, `"another"`); again.Code != 200 {
			t.Errorf("%s: %d for another tag", q, again.Code)
		}
	}
}

// Requests that the contract forbids go past its checker: they are what the service must withstand.
func TestRequestsBeyondTheContract(t *testing.T) {
	handler := New().Handler()
	for target, want := range map[string]int{
		"/geocode": 400, "/geocode?q=": 400, "/geocode?q=" + strings.Repeat("x", 301): 400, "/geocode?q=%ff": 400,
		"/geocode?q=" + strings.Repeat("%C3%A4", 300): 200, "/elsewhere": 404,
	} {
		if res := get(handler, target, ""); res.Code != want || want == 400 && !strings.Contains(res.Body.String(), `"code":"invalid_request"`) {
			t.Errorf("%.40s: %d %s, want %d", target, res.Code, res.Body, want)
		}
	}
}

// Whatever a person writes, the answer is one of the contract.
func TestAnyTextGetsAnAnswerOfTheContract(t *testing.T) {
	handler := contract.Handler(t, spec, New().Handler())
	piece := rapid.SampledFrom([]string{"12", "Curry", "Lane", "Saffron Street", "Cuury", "Tiffinville", ",", " ", "1", "80331", "ß", "island", "Far"})
	rapid.Check(t, func(t *rapid.T) {
		q := strings.TrimSpace(strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "glue")))
		if q == "" {
			return
		}
		if res := get(handler, "/geocode?q="+url.QueryEscape(q), ""); res.Code != 200 {
			t.Errorf("%q: %d", q, res.Code)
		}
	})
}

func TestAtMostFiveAlternatives(t *testing.T) {
	service := &Service{}
	for _, letter := range "abcdefgh" {
		service.streets = append(service.streets, catalogue.Street{Name: "Long Lane " + string(letter)})
	}
	got := service.alike("7 Long Lane h")
	if len(got) != 5 || got[0].label != "7 Long Lane h, Tiffinville" {
		t.Errorf("%+v", got)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"curry", "curry", 0}, {"cury", "curry", 1}, {"kitten", "sitting", 3}, {"abc", "cba", 2}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[abc]{0,8}`).Draw(t, "a"), rapid.StringMatching(`[abc]{0,8}`).Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Errorf("distance(%q, %q) = %d", a, b, d)
		}
	})
}
