package drill

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tapped is a service of two instances of which the second is down, behind a Tap.
func tapped(t *testing.T) (*Books, string, *http.Client) {
	t.Helper()
	network := testkit.Start(t, map[string]http.Handler{"a": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI+" "+string(body))
	})})
	books := NewBooks()
	tap := NewTap(books, Network{Dial: network.DialContext, Listen: func(_ context.Context, instance string) (net.Listener, error) {
		return network.Listen("tap-" + instance), nil
	}})
	t.Cleanup(tap.Close)
	url, err := tap.Front("orders", "http://a,b:8100")
	if err != nil {
		t.Fatal(err)
	}
	client := network.Client()
	t.Cleanup(client.CloseIdleConnections)
	return books, url, client
}

func send(t *testing.T, client *http.Client, host, id, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+"/orders?id=1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Request-Id", id)
	response, err := client.Do(r)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

// What passes arrives as it was; a request is an attempt also where nobody is there, and its repeat is no call of its own.
func TestTapCountsCallsAndAttempts(t *testing.T) {
	books, url, client := tapped(t)
	if url != "http://tap-orders-0:80,tap-orders-1:80" {
		t.Error(url)
	}
	if got := send(t, client, "tap-orders-1", "first", "x"); got != "" {
		t.Errorf("%q from an instance that is down", got)
	}
	for _, id := range []string{"first", "second"} {
		if got := send(t, client, "tap-orders-0", id, "x"); got != "POST /orders?id=1 x" {
			t.Errorf("%q", got)
		}
	}
	want := map[string]Count{"orders": {Calls: 2, Attempts: []int{2, 1}}}
	if diff := cmp.Diff(want, books.Turn()); diff != "" {
		t.Error(diff)
	}
	want["orders"] = Count{Attempts: []int{0, 0}}
	if diff := cmp.Diff(want, books.Turn()); diff != "" {
		t.Error("after the turn:", diff)
	}
}

// What a page's text makes of it.
func TestPagesAreJudged(t *testing.T) {
	const (
		orders  = `"data":{"orders":{"edges":[{}]}}`
		without = `{"message":"m","extensions":{"service":"delivery"}}`
	)
	for text, want := range map[string]Pages{
		`{` + orders + `}`: {Full: 1},
		`{` + orders + `,"errors":[` + without + `,` + without + `]}`:                                        {Partial: map[string]int{"delivery": 1}},
		`{` + orders + `,"errors":[` + without + `,{"message":"m","extensions":{"service":"payments"}}]}`:    {},
		`{` + orders + `,"errors":[{"message":"m"}]}`:                                                        {},
		`{` + orders + `,"errors":[` + without + `],"extensions":{"stale":[{"path":["orders"],"ageMs":1}]}}`: {Partial: map[string]int{"delivery": 1}, Stale: 1},
		`{"data":{"orders":{"edges":[]}}}`:                                                                   {},
		`{"data":{"orders":null},"errors":[` + without + `]}`:                                                {},
		`<html>`: {},
	} {
		got := Pages{}.judged([]byte(text))
		if (got.Full == 0) == (len(got.Reasons) == 0) {
			t.Errorf("%s: reasons %v", text, got.Reasons)
		}
		got.Reasons = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestFailed(t *testing.T) {
	p := Pages{Asked: 10, Full: 5, Partial: map[string]int{"delivery": 3, "payments": 1}}
	if p.Failed() != 5 || p.Failed("delivery") != 2 {
		t.Errorf("%d, %d failed, want 5, 2", p.Failed(), p.Failed("delivery"))
	}
}
