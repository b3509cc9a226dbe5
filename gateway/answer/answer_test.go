package answer

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"pgregory.net/rapid"

	"tiffin/fault"
)

func TestNegotiate(t *testing.T) {
	const g, j = string(GraphQL), string(JSON)
	cases := []struct {
		accept []string
		want   Media
	}{
		{nil, JSON},
		{[]string{""}, JSON},
		{[]string{g}, GraphQL},
		{[]string{j}, JSON},
		{[]string{strings.ToUpper(g)}, GraphQL},
		{[]string{"*/*"}, JSON},
		{[]string{"application/*"}, JSON},
		{[]string{j + ", " + g}, GraphQL},
		{[]string{j, g}, GraphQL},
		{[]string{g + ", " + j + ";q=0.9"}, GraphQL},
		{[]string{g + ";q=0.9, " + j}, JSON},
		{[]string{g + "; q=0.9; charset=utf-8, " + j + ";q=0.8"}, GraphQL},
		{[]string{j + ", */*"}, JSON},
		{[]string{g + ", */*"}, GraphQL},
		{[]string{"*/*;q=0.1, " + g + ";q=0.2"}, GraphQL},
		{[]string{"application/*, */*;q=0.1"}, JSON},
		{[]string{j + ";q=0, */*"}, GraphQL},
		{[]string{g + ";q=0, */*"}, JSON},
		{[]string{"text/html, " + j + ";charset=utf-8"}, JSON},
		{[]string{"text/html, " + j + ";charset=iso-8859-1"}, ""},
		{[]string{"text/html"}, ""},
		{[]string{"text/*"}, ""},
		{[]string{g + ";q=0"}, ""},
		{[]string{"*/*;q=0"}, ""},
		{[]string{g + ";q=2, text/html"}, ""},
		{[]string{g + ";q=NaN, text/html"}, ""},
		{[]string{"text/html," + strings.Repeat("text/plain,", 100) + g}, ""},
	}
	for _, c := range cases {
		got, ok := Negotiate(http.Header{"Accept": c.accept})
		if got != c.want || ok != (c.want != "") {
			t.Errorf("Accept %.200q: %q, %v; want %q", c.accept, got, ok, c.want)
		}
	}
}

// Every code has a status, and only those about the document differ between the media types.
func TestStatusOfEveryCode(t *testing.T) {
	for _, code := range fault.Codes() {
		graphql, plain := GraphQL.Status(code), JSON.Status(code)
		if graphql < 400 || graphql == 500 && code != fault.Internal {
			t.Errorf("%s has no status of its own: %d", code, graphql)
		}
		if plain != graphql && (plain != 200 || !aboutDocument(code)) {
			t.Errorf("%s: %d and %d", code, graphql, plain)
		}
	}
	if got := GraphQL.Status("NEW"); got != 500 {
		t.Errorf("unknown code: %d", got)
	}
}

func write(t *testing.T, status int, resp *graphql.Response) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
	Write(w, r, GraphQL, status, resp)
	if w.Header().Get("Content-Length") != "" && len(w.Body.String()) == 0 {
		t.Error("no body")
	}
	return w
}

func TestWrite(t *testing.T) {
	data := json.RawMessage(`{ "as" : "is" }`)
	errs := gqlerror.List{{
		Message: "m \xff", Path: ast.Path{ast.PathName("a"), ast.PathIndex(1)}, Locations: []gqlerror.Location{{Line: 1, Column: 2}},
		Extensions: map[string]any{"code": "INTERNAL"}, Err: errors.New("hidden"), Rule: "hidden",
	}}
	const shown = `"errors":[{"message":"m ` + "\ufffd" + `","locations":[{"line":1,"column":2}],"path":["a",1],"extensions":{"code":"INTERNAL"}}]`
	for name, c := range map[string]struct {
		resp graphql.Response
		want string
	}{
		"data":            {graphql.Response{Data: data}, `{"data":{ "as" : "is" }}`},
		"errors":          {graphql.Response{Errors: errs}, `{` + shown + `}`},
		"both":            {graphql.Response{Errors: errs, Data: data}, `{` + shown + `,"data":{ "as" : "is" }}`},
		"everything":      {graphql.Response{Errors: errs, Data: data, Extensions: map[string]any{"b": 1, "a": 2}}, `{` + shown + `,"data":{ "as" : "is" },"extensions":{"a":2,"b":1}}`},
		"data, extension": {graphql.Response{Data: data, Extensions: map[string]any{"a": 2}}, `{"data":{ "as" : "is" },"extensions":{"a":2}}`},
		"extension alone": {graphql.Response{Extensions: map[string]any{"a": 2}}, `{"extensions":{"a":2}}`},
		"no JSON":         {graphql.Response{Data: data, Extensions: map[string]any{"a": func() {}}}, `{"data":{ "as" : "is" },"extensions":null}`},
	} {
		if got := write(t, 200, &c.resp).Body.String(); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for after, want := range map[time.Duration]string{0: "", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
		Refuse(w, r, &fault.Error{Code: fault.Overloaded, Message: "Full.", Retryable: true, RetryAfter: after})
		if got := w.Header().Get("Retry-After"); w.Code != 503 || got != want {
			t.Errorf("%v: %d, Retry-After %q", after, w.Code, got)
		}
	}
}

// Whatever the errors say, the answer is JSON of bounded length with at most ten of them.
func TestWriteAlwaysJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		var errs gqlerror.List
		for _, message := range rapid.SliceOfN(text, 1, 30).Draw(rt, "messages") {
			e := Error(t.Context(), &fault.Error{Code: fault.Internal, Message: strings.Repeat(message, 20), Service: message})
			e.Path = ast.Path{ast.PathName(message)}
			errs = append(errs, e)
		}
		var got struct{ Errors []map[string]any }
		body := write(t, 200, &graphql.Response{Errors: errs}).Body.Bytes()
		if err := json.Unmarshal(body, &got); err != nil {
			rt.Fatalf("%v in %q", err, body)
		}
		if len(got.Errors) != min(len(errs), MaxErrors) {
			rt.Fatalf("%d of %d errors", len(got.Errors), len(errs))
		}
	})
}

func TestErrorExtensions(t *testing.T) {
	for name, c := range map[string]struct {
		fault *fault.Error
		want  map[string]any
	}{
		"ours":      {fault.New(fault.NotFound, "x"), map[string]any{"code": "NOT_FOUND"}},
		"service":   {fault.Broken("kitchen", nil), map[string]any{"code": "SERVICE_UNAVAILABLE", "service": "kitchen", "retryable": false}},
		"retryable": {&fault.Error{Code: fault.Timeout, Retryable: true, RetryAfter: 2 * time.Second}, map[string]any{"code": "TIMEOUT", "retryable": true, "retryAfterMs": int64(2000)}},
	} {
		if diff := cmp.Diff(c.want, Error(t.Context(), c.fault).Extensions); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
