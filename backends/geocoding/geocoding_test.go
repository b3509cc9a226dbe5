package geocoding_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/geocoding"
	"tiffin/fault"
	"tiffin/internal/demo/catalogue"
	simulated "tiffin/internal/demo/geocoding"
	"tiffin/internal/demo/stage"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// town is the client in front of the simulated service, both held to the contract.
func town(t *testing.T) *geocoding.Client {
	t.Helper()
	instance := stage.Instance(stage.InstanceConfig{Service: "geocoding", Handler: simulated.New().Handler()})
	return connect(t, contract.Handler(t, "openapi.yaml", instance))
}

func connect(t *testing.T, handler http.Handler) *geocoding.Client {
	t.Helper()
	return geocoding.New(testkit.Start(t, map[string]http.Handler{"geocoding": handler}).Transport())
}

func answering(status int, media, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func TestLocate(t *testing.T) {
	client := town(t)
	for address, want := range map[string]geocoding.Location{
		"12 Curry Lane, Tiffinville":    {Label: "12 Curry Lane, Tiffinville", Confidence: 0.95},
		" curry lane 12 ":               {Label: "12 Curry Lane, Tiffinville", Confidence: 0.95},
		"1 Lonely Road":                 {Label: "1 Lonely Road, Tiffinville", Confidence: 0.95},
		"1 slow lane":                   {Label: "1 Slow Lane, Tiffinville", Confidence: 0.95},
		"1 Far Island":                  {Label: "1 Far Island, Tiffinville", Confidence: 0.95},
		"Saffron Street":                {Label: "Saffron Street, Tiffinville", Confidence: 0.75},
		"12 Cury Lane":                  {Label: "12 Curry Lane, Tiffinville", Confidence: 0.4, Suggestions: []string{"12 Curry Lane, Tiffinville"}},
		"12 Curry, Tiffinville":         {Label: "12 Curry Lane, Tiffinville", Confidence: 0.4, Suggestions: []string{"12 Curry Lane, Tiffinville"}},
		"12b Curry Lane":                {Label: "Curry Lane, Tiffinville", Confidence: 0.4, Suggestions: []string{"Curry Lane, Tiffinville"}},
		"Torstraße 12, Berlin":          {},
		"street":                        {},
		strings.Repeat("12 Berlin", 30): {},
	} {
		got, err := client.Locate(t.Context(), address)
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if door, ok := catalogue.FindDoor(want.Label); ok {
			want.Coordinates = door.Coordinates()
		}
		if len(got.Suggestions) == 0 {
			got.Suggestions = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", address, diff)
		}
	}
}

func TestFarIslandIsFar(t *testing.T) {
	got, err := town(t).Locate(t.Context(), "1 Far Island")
	if d := catalogue.Distance(got.Coordinates, catalogue.Centre()); err != nil || d < 299_000 {
		t.Errorf("%.0f m away, %v", d, err)
	}
}

func TestAddressesBeyondTheirBounds(t *testing.T) {
	client := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("called with %s", r.URL) }))
	for _, address := range []string{"", "  ", strings.Repeat("ä", 301), "\xff"} {
		if _, err := client.Locate(t.Context(), address); !fault.Is(err, fault.BadUserInput) {
			t.Errorf("%.20q: %v", address, err)
		}
	}
	if _, err := town(t).Locate(t.Context(), strings.Repeat("ä", 300)); err != nil {
		t.Errorf("the longest address: %v", err)
	}
}

const good = `{"status":"ok","lat":1.5,"lng":2,"score":0.5,"formatted":"A","alternatives":["a","b"]}`

func TestAnswersAreRead(t *testing.T) {
	for body, suggestions := range map[string]int{
		good: 2,
		strings.Replace(good, `"ok"`, `"new_word"`, 1):                     2,
		strings.Replace(good, `["a","b"]`, `["a","b","c","d","e","f"]`, 1): 5,
		strings.Replace(good, `,"alternatives":["a","b"]`, ``, 1):          0,
		`{"status":"not_found","score":0,"alternatives":["a"]}`:            1,
	} {
		got, err := connect(t, answering(200, "application/json", body)).Locate(t.Context(), "x")
		if err != nil || len(got.Suggestions) != suggestions {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

// An answer that is not the contract's is an error and never a place.
func TestBrokenAnswers(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	for name, body := range map[string]string{
		"empty": "", "garbage": "\x00\xff", "truncated": good[:40], "null": "null", "list": "[]", "no members": "{}", "trailing": good + "x",
		"no status": change("status", "x"), "no lat": change("lat", "x"), "no lng": change("lng", "x"), "no score": change("score", "x"),
		"no label": change("formatted", "x"), "null lat": change("1.5", "null"), "lat as text": change("1.5", `"1.5"`), "lat of 91": change("1.5", "91"),
		"lng of 181": change(":2", ":181"), "score of 2": change("0.5", "2"), "negative score": change("0.5", "-0.5"), "not a float": change("1.5", "1e999"),
		"duplicate": change(`"lng":2`, `"lng":2,"lng":3`), "too big": change(`"A"`, `"`+strings.Repeat("x", 5<<20)+`"`),
	} {
		got, err := connect(t, answering(200, "application/json", body)).Locate(t.Context(), "x")
		if !fault.Is(err, fault.ServiceUnavailable) || !cmp.Equal(got, geocoding.Location{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	for status, retryable := range map[int]bool{400: false, 401: false, 404: false, 429: true, 500: true, 503: true} {
		_, err := connect(t, answering(status, "text/plain", "no")).Locate(t.Context(), "x")
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.ServiceUnavailable || f.Retryable != retryable || f.Service != "geocoding" {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestCancelledByTheCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := town(t).Locate(ctx, "12 Curry Lane"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
