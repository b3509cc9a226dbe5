package rest_test

import (
	"net/http"
	"testing"

	"tiffin/backends/rest"
)

func TestUsable(t *testing.T) {
	for _, test := range []struct {
		media, body string
		want        bool
	}{
		{"application/json", `{"items": []}`, true},
		{"Application/JSON; charset=utf-8", `{}`, true},
		{"application/json", `{"items": [`, false},
		{"application/json", `{} trailing`, false},
		{"application/json", "{\"a\": \"\xff\"}", false},
		{"application/json", "", false},
		{"text/html", "<h1>Back soon</h1>", false},
		{"", `{}`, false},
		{"image/png", "\x89PNG", true},
	} {
		if got := rest.Usable(http.Header{"Content-Type": {test.media}}, test.body); got != test.want {
			t.Errorf("%q %q: %t", test.media, test.body, got)
		}
	}
	if rest.Usable(http.Header{"Content-Type": {"image/png"}, "Content-Encoding": {"br"}}, "\x89PNG") {
		t.Error("nobody can read what was compressed unasked")
	}
}
