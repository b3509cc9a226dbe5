package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tiffin/internal/demo/stage"
)

// word sends an operator's word on an order.
func (w *world) word(t *testing.T, orderID, body string) (status int, text string) {
	t.Helper()
	response, err := w.client.Post("http://admin/orders/"+orderID+"/resolve", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}

// An operator's word moves an order that waits for a service which does not answer; a word that resolves nothing is refused, and says why.
func TestOperatorsResolve(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		total := w.quoted(t, cart(nil))
		mend := w.breakService(t, "inventory", stage.Down)
		orderID, ok := w.ask(t, "alice", placeOrder, input("key-1", cart(nil), total, "tok_ok")).at("placeOrder", "orderId").(string)
		if !ok {
			t.Fatal("no order")
		}
		pass(2 * time.Minute) // fake time: until it is being undone, and stuck at the stock
		const word = `{"step":"release","outcome":"done","reason":"nothing was taken","by":"olga"}`
		for body, c := range map[string]struct {
			status int
			text   string
		}{
			`{`: {http.StatusBadRequest, "send {"},
			`{"step":"release","outcome":"done","reason":"x","by":"o","force":true}`: {http.StatusBadRequest, "send {"},
			strings.Replace(word, "release", "capture", 1):                           {http.StatusConflict, "[driver-undo void release order-undo settle]"},
			strings.Replace(word, "done", "not_done", 1):                             {http.StatusConflict, "only way is forward"},
			strings.Replace(word, "nothing was taken", "", 1):                        {http.StatusConflict, "reason must be 1 to 500"},
		} {
			if status, text := w.word(t, orderID, body); status != c.status || !strings.Contains(text, c.text) {
				t.Errorf("%s: %d %s; want %d %q", body, status, text, c.status, c.text)
			}
		}
		if status, text := w.word(t, "ord_nobody", word); status != http.StatusNotFound {
			t.Errorf("nobody's order: %d %s", status, text)
		}
		if status, text := w.word(t, orderID, word); status != http.StatusOK || !strings.Contains(text, `"orderId":"`+orderID) {
			t.Fatalf("the word: %d %s", status, text)
		}
		pass(time.Minute) // fake time
		if _, text := w.operators(t, "/orders/"+orderID); !strings.Contains(text, `"state":"CANCELLED","settled":true`) {
			t.Errorf("the order did not go on: %s", text)
		}
		mend()
		w.audited(t)
	})
}
