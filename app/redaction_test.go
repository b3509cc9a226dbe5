package app_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"tiffin/internal/demo/stage"
)

// No secret of a client is in the log, at any level, whatever becomes of the request: its token, an API key, a card's number, where somebody
// lives, who they are.
func TestSecretsAreNotLogged(t *testing.T) {
	for _, level := range []string{"debug", "info", "warn", "error"} {
		inWorld(t, func(t *testing.T, w *world) {
			w.end()
			if err := <-w.ended; err != nil {
				t.Fatal(err)
			}
			w.log = &bytes.Buffer{}
			w.run(t, w.config()+"log: {level: "+level+"}\n")
			token := w.misbehave(t)
			w.end()
			err := <-w.ended
			w.ended <- err // inWorld wants it, too
			for _, secret := range append([]string{
				token[strings.LastIndexByte(token, '.')+1:], "tfk_hunter2", "4111111111111111", "4111 1111 1111 1111", "Secret Lane", "+49 151 23456789", "hunter2",
				"alice", "Mallory",
			}, strings.Split(token, ".")[1]) {
				for line := range strings.Lines(w.log.String()) {
					if strings.Contains(line, secret) {
						t.Errorf("%s: %q in %s", level, secret, line)
					}
				}
			}
			if level == "info" && strings.Count(w.log.String(), `"msg":"request"`) < 10 {
				t.Errorf("too few lines:\n%s", w.log)
			}
		})
	}
}

// misbehave sends secrets everywhere that a client can, through successes and failures, and returns the token that went along.
func (w *world) misbehave(t *testing.T) string {
	t.Helper()
	token, err := w.Token("alice")
	if err != nil {
		t.Fatal(err)
	}
	home := cart(nil)
	delivery := map[string]any{"address": "7 Secret Lane", "recipientName": "Mallory", "recipientPhone": "+49 151 23456789"}
	home["fulfilment"] = map[string]any{"delivery": delivery}
	private := input("key-1", home, "1.00", "4111111111111111")
	w.ask(t, "alice", placeOrder, private)
	w.ask(t, "alice", `{ quote(cart: {restaurantId: "4111 1111 1111 1111", lines: [], fulfilment: {delivery: {address: "Secret Lane", recipientName: "Mallory"}}}) { __typename } }`, nil)
	w.ask(t, "alice", placeOrder, map[string]any{"input": "4111111111111111"})
	w.ask(t, "alice", `{ "Secret Lane" `, nil)
	for _, kind := range []stage.Kind{stage.Down, stage.Status, stage.Truncate, stage.Garbage} {
		for _, service := range []string{"geocoding", "orders", "payments", "delivery"} {
			mend := w.breakService(t, service, kind)
			w.ask(t, "alice", placeOrder, private)
			w.ask(t, "alice", placeOrder, input("key-"+service+string(kind), home, "1.00", "tok_hunter2")) // this one gets as far as the services
			w.ask(t, "alice", quoteCart, map[string]any{"cart": home})
			w.ask(t, "alice", `{ orders(first: 2) { edges { node { delivery { driver { name } } payment { status } } } } }`, nil)
			mend()
		}
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer tfk_hunter2", "X-Api-Key": "tfk_hunter2", "Cookie": "session=hunter2", "X-Request-Id": "4111 1111 1111 1111",
		"Traceparent": "hunter2", "Accept-Language": "hunter2", "X-Forwarded-For": "hunter2",
	} {
		w.sendWith(t, token, name, value)
	}
	return token
}

// sendWith sends a GET with a header, and secrets in its query string.
func (w *world) sendWith(t *testing.T, token, name, value string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://gateway/graphql?access_token=hunter2&query={me{id}}&variables=4111111111111111", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Operation-Name", "Page")
	r.Header.Set(name, value)
	w.send(t, r)
}
