package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEdge(t *testing.T) {
	edge, err := edge()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(edge)
	defer server.Close()
	for query, want := range map[string]string{
		`{ greeting: hello }`: `{"data":{"greeting":"world"}}`,
		`{ bye }`:             `"errors"`, // validated by the edge
	} {
		answer, err := http.Post(server.URL+"/graphql", "application/json", strings.NewReader(`{"query":"`+query+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s, %v, want %s", query, text, err, want)
		}
	}
}
