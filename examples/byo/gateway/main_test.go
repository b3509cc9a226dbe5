package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tiffin/gateway/auth"
	"tiffin/gateway/auth/authtest"
)

const (
	shelf   = `{"data":{"books":[{"title":"Solaris","borrower":null},{"title":"The Dispossessed","borrower":null},{"title":"The Lathe of Heaven","borrower":null}]}}`
	authors = `{"data":{"books":[{"author":{"name":"Stanisław Lem"}},{"author":{"name":"Ursula K. Le Guin"}},{"author":{"name":"Ursula K. Le Guin"}}]}}`
	lent    = `{"data":{"borrow":{"title":"Solaris","borrower":"Name of alice"}}}`
)

// The cases run in this order: a book that is lent stays lent.
func TestEdge(t *testing.T) {
	url, issuer := serve(t)
	alice := "Bearer " + issuer.Token("alice", "", time.Now())
	for _, c := range []struct {
		name, credential, document string
		status                     int
		want                       string // the answer where it is data, otherwise the code of its only error
	}{
		{"query", "", "{books{title borrower}}", 200, shelf},
		{"query below the root", "", "{books{author{name}}}", 200, authors},
		{"unknown field", "", "{bye}", 400, "GRAPHQL_VALIDATION_FAILED"},
		{"12 fields deep", "", "{books{" + strings.Repeat("author{books{", 5) + "title" + strings.Repeat("}}", 5) + "}}", 400, "COST_TOO_HIGH"},
		{"13 fields deep", "", "{books{" + strings.Repeat("author{books{", 5) + "author{name}" + strings.Repeat("}}", 5) + "}}", 400, "MAX_DEPTH"},
		{"bad token", alice + "x", "{books{title}}", 401, "UNAUTHENTICATED"},
		{"anonymous", "", `mutation{borrow(title:"Solaris"){title}}`, 401, "UNAUTHENTICATED"},
		{"signed in", alice, `mutation{borrow(title:"Solaris"){title borrower}}`, 200, lent},
		{"resolver refuses", alice, `mutation{borrow(title:"Solaris"){title}}`, 400, "BAD_USER_INPUT"},
		{"resolver finds nothing", alice, `mutation{borrow(title:"Eden"){title}}`, 404, "NOT_FOUND"},
	} {
		status, text := post(t, url, c.credential, c.document)
		got := text
		if code, ok := onlyCode(text); ok {
			got = code
		}
		if status != c.status || got != c.want {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, text, c.status, c.want)
		}
	}
}

// serve starts an issuer and the edge that believes it, each at a port of its own.
func serve(t *testing.T) (string, *authtest.Issuer) {
	t.Helper()
	mux := http.NewServeMux()
	provider := httptest.NewServer(mux)
	t.Cleanup(provider.Close)
	issuer := authtest.New(provider.URL)
	mux.Handle("/", issuer.Handler())
	edge, err := newEdge(auth.Config{Issuers: []auth.IssuerConfig{{URL: issuer.URL, Audience: "tiffin"}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(edge)
	t.Cleanup(server.Close)
	return server.URL + "/graphql", issuer
}

func post(t *testing.T, url, credential, document string) (int, string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"query": document})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	if credential != "" {
		req.Header.Set("Authorization", credential)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(text))
}

// onlyCode is the code of an answer's error; false for an answer that has none, or several.
func onlyCode(text string) (string, bool) {
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal([]byte(text), &answer) != nil || len(answer.Errors) != 1 {
		return "", false
	}
	return answer.Errors[0].Extensions.Code, true
}

func TestEdgeSaysWhatIsWrong(t *testing.T) {
	if _, err := newEdge(auth.Config{Issuers: []auth.IssuerConfig{{URL: "https://login.example.com"}}}); err == nil || !strings.Contains(err.Error(), "audience") {
		t.Errorf("%v, want one that asks for the audience", err)
	}
}
