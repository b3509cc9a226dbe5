package stage_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tiffin/internal/demo/stage"
)

type dish struct {
	Name string `json:"name"`
}

func readDish(w http.ResponseWriter, r *http.Request) {
	var d dish
	if stage.ReadJSON(w, r, &d) {
		stage.WriteJSON(w, http.StatusOK, d)
	}
}

func TestReadJSONIsStrict(t *testing.T) {
	const jsonType = "application/json"
	for _, tc := range []struct {
		name, contentType, body string
		status                  int
		code                    string
	}{
		{"good", jsonType, `{"name":"Dal"}`, 200, ""},
		{"good with a charset", jsonType + "; charset=utf-8", `{"name":"Dal"}`, 200, ""},
		{"no content type", "", `{"name":"Dal"}`, 415, "unsupported_media_type"},
		{"form", "application/x-www-form-urlencoded", `{"name":"Dal"}`, 415, "unsupported_media_type"},
		{"unknown member", jsonType, `{"name":"Dal","nmae":"Dal"}`, 400, "malformed_body"},
		{"other case", jsonType, `{"Name":"Dal"}`, 400, "malformed_body"},
		{"twice", jsonType, `{"name":"Dal","name":"Dosa"}`, 400, "malformed_body"},
		{"trailing bytes", jsonType, `{"name":"Dal"} x`, 400, "malformed_body"},
		{"no UTF-8", jsonType, "{\"name\":\"\xff\"}", 400, "malformed_body"},
		{"cut", jsonType, `{"name":"D`, 400, "malformed_body"},
		{"empty", jsonType, "", 400, "malformed_body"},
		{"at the bound", jsonType, `{"name":"` + strings.Repeat("a", stage.MaxBody-11) + `"}`, 200, ""},
		{"too large", jsonType, `{"name":"` + strings.Repeat("a", stage.MaxBody-10) + `"}`, 413, "body_too_large"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/dishes", strings.NewReader(tc.body))
			r.Header.Set("Content-Type", tc.contentType)
			checkCode(t, serve(http.HandlerFunc(readDish), r), tc.status, tc.code)
		})
	}
}

func TestProblem(t *testing.T) {
	w := httptest.NewRecorder()
	stage.Problem(w, http.StatusConflict, "out_of_stock", "One dish is gone.", map[string]any{"left": 2})
	const want = `{"code":"out_of_stock","detail":"One dish is gone.","left":2,"status":409,"title":"Conflict","type":"about:blank"}`
	if got := w.Body.String(); got != want {
		t.Errorf("body\n%s, want\n%s", got, want)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestWriteJSONHasNoNull(t *testing.T) {
	w := httptest.NewRecorder()
	stage.WriteJSON(w, http.StatusCreated, struct {
		Lines []int          `json:"lines"`
		By    map[string]int `json:"by"`
	}{})
	if got, want := w.Body.String(), `{"lines":[],"by":{}}`; got != want || w.Code != http.StatusCreated {
		t.Errorf("%d %s, want 201 %s", w.Code, got, want)
	}
}

// serve answers one request without a network.
func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// checkCode checks a status and, where code is not empty, the problem's code.
func checkCode(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d; body %.200s", w.Code, status, w.Body)
	}
	if code == "" {
		return
	}
	var problem struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Code != code {
		t.Errorf("problem %q (%v), want %q", problem.Code, err, code)
	}
}
