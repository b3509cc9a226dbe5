package rest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tiffin/backends/rest"
	"tiffin/backends/upstream/body/bodytest"
	"tiffin/fault"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type dish struct {
	Name  string       `json:"name"`
	Price rest.Decimal `json:"price"`
}

// answer is what the service says, headers and all, whatever it is asked.
type answer struct {
	status int
	media  string
	body   string
	header map[string]string
}

func (a answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", a.media)
	w.WriteHeader(a.status)
	_ = http.NewResponseController(w).Flush() // no length but the one in header
	_, _ = io.WriteString(w, a.body)
}

func document(body string) answer { return answer{status: 200, media: "application/json", body: body} }

func problem(status int, code string) answer {
	return answer{status: status, media: "application/problem+json", body: `{"code":"` + code + `","detail":"why","items":["a"]}`}
}

func client(t *testing.T, handler http.Handler) *rest.Client {
	t.Helper()
	network := testkit.Start(t, map[string]http.Handler{"dishes": handler})
	return rest.New(rest.Config{Service: "dishes", MaxBody: 64}, network.Transport())
}

// outcome is what a caller can tell of an error.
type outcome struct {
	Code      fault.Code
	Retryable bool
	After     time.Duration
	Refusal   string
	Says      string // a part of the cause
}

func (want outcome) check(t *testing.T, err error) {
	t.Helper()
	var got outcome
	if e, ok := errors.AsType[*fault.Error](err); ok {
		got = outcome{Code: e.Code, Retryable: e.Retryable, After: e.RetryAfter}
		if e.Service != "dishes" {
			t.Errorf("service %q", e.Service)
		}
	}
	if refused, ok := fault.AsRefused(err); ok {
		got.Refusal = refused.Reason
	}
	if err != nil && strings.Contains(err.Error(), want.Says) {
		got.Says = want.Says
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v: -want +got\n%s", err, diff)
	}
}

func unavailable(says string) outcome {
	return outcome{Code: fault.ServiceUnavailable, Retryable: true, Says: says}
}

func broken(says string) outcome { return outcome{Code: fault.ServiceUnavailable, Says: says} }

func TestAnswers(t *testing.T) {
	good := `{"name":"Dal","price":7.50}`
	with := func(a answer, name, value string) answer { a.header = map[string]string{name: value}; return a }
	tests := []struct {
		name   string
		answer answer
		want   outcome
	}{
		{"good", document(good), outcome{}},
		{"a member more", document(`{"name":"Dal","price":7.50,"hot":true}`), outcome{}},
		{"charset", answer{200, "application/json; charset=utf-8", good, nil}, outcome{}},
		{"created", answer{201, "application/json", good, nil}, outcome{}},

		{"no body", document(""), unavailable("no body")},
		{"no content", answer{status: 204}, unavailable("no body")},
		{"cut", document(good[:20]), unavailable("unexpected EOF")},
		{"shorter than announced", with(document(good), "Content-Length", "40"), unavailable("unexpected EOF")},
		{"trailing", document(good + "{}"), unavailable("after top-level value")},
		{"duplicate name", document(`{"name":"Dal","name":"Dosa"}`), unavailable("duplicate")},
		{"invalid UTF-8", document("{\"name\":\"D\xffl\"}"), unavailable("UTF-8")},
		{"wrong type", document(`{"name":7}`), unavailable("/name")},
		{"amount as string", document(`{"price":"7.50"}`), unavailable("not a JSON number")},
		{"a page", answer{200, "text/html", "<html>", nil}, unavailable("text/html")},
		{"exactly the bound", document(good + strings.Repeat(" ", 64-len(good))), outcome{}},
		{"over the bound", document(good + strings.Repeat(" ", 65-len(good))), unavailable("bound of 64")},
		{"announced over the bound", with(document(good), "Content-Length", "65"), unavailable("65 bytes are more than the bound of 64")},

		{"not found", problem(404, "unknown"), outcome{Code: fault.NotFound}},
		{"no such route", answer{404, "text/plain", "404 page not found", nil}, broken("status 404")},
		{"conflict", problem(409, "sold_out"), outcome{Refusal: "sold_out"}},
		{"gone", problem(410, "closed"), outcome{Refusal: "closed"}},
		{"unprocessable", problem(422, "too_hot"), outcome{Refusal: "too_hot"}},
		{"key reused", problem(422, "idempotency_key_reused"), broken("idempotency_key_reused: why")},
		{"conflict without a code", problem(409, ""), broken("status 409")},
		{"conflict without a document", answer{409, "application/json", `{"code":"sold_out"}`, nil}, broken("status 409")},
		{"conflict, document cut", answer{409, "application/problem+json", `{"code":"sold_`, nil}, broken("status 409")},
		{"bad request", problem(400, "bad"), broken("bad: why")},
		{"unauthorized", answer{status: 401}, broken("status 401")},
		{"redirect", answer{302, "", "", map[string]string{"Location": "http://elsewhere/"}}, broken("status 302")},
		{"request timeout", answer{status: 408}, unavailable("status 408")},
		{"too many", with(answer{status: 429}, "Retry-After", "3"), outcome{fault.ServiceUnavailable, true, 3 * time.Second, "", "429"}},
		{"retry never", with(answer{status: 503}, "Retry-After", "99999999"), outcome{fault.ServiceUnavailable, true, time.Hour, "", "503"}},
		{"retry before now", with(answer{status: 503}, "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), unavailable("503")},
		{"retry nonsense", with(answer{status: 503}, "Retry-After", "soon"), unavailable("503")},
		{"error", problem(500, "sold_out"), unavailable("status 500")},
		{"error over the bound", answer{500, "text/plain", strings.Repeat("x", 65), nil}, unavailable("bound of 64")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got dish
			tt.want.check(t, client(t, tt.answer).Get(t.Context(), "/dishes/1", nil, &got))
		})
	}
}

func TestDecodes(t *testing.T) {
	for body, want := range map[string]dish{
		`{"name":"Dal","price":7.50}`: {"Dal", "7.50"},
		`{"Name":"Dal","price":1e2}`:  {"", "1e2"},
		`{}`:                          {},
	} {
		var got dish
		if err := client(t, document(body)).Get(t.Context(), "/", nil, &got); err != nil || got != want {
			t.Errorf("%s: got %v, want %v, %v", body, got, want, err)
		}
	}
}

func TestSendWantsNoAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		answer answer
		want   outcome
	}{
		"empty":   {answer{status: 204}, outcome{}},
		"nothing": {answer{status: 200}, outcome{}},
		"a page":  {answer{200, "text/html", "<html>", nil}, unavailable("has a body")},
		"garbage": {answer{200, "", "\x00\xff", nil}, unavailable("has a body")},
		"cut":     {answer{200, "text/plain", "ok", map[string]string{"Content-Length": "9"}}, unavailable("unexpected EOF")},
		"missing": {problem(404, "unknown"), broken("unknown: why")},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.check(t, client(t, tt.answer).Send(t.Context(), http.MethodPost, "/", "k", nil, nil))
		})
	}
}

func TestRefusalCarriesItsMembers(t *testing.T) {
	err := client(t, problem(409, "sold_out")).Send(t.Context(), http.MethodPost, "/", "", nil, nil)
	var p *rest.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is no Problem", err)
	}
	var members struct {
		Items []string `json:"items"`
	}
	if err := p.Members(&members); err != nil || p.Status != 409 || !cmp.Equal(members.Items, []string{"a"}) {
		t.Errorf("status %d, members %v, %v", p.Status, members, err)
	}
	want := fault.Refused{Service: "dishes", Reason: "sold_out", Detail: "why"}
	if *p.Refused != want {
		t.Errorf("refused %v, want %v", *p.Refused, want)
	}
	var wrong struct {
		Items int `json:"items"`
	}
	unavailable("members of the refusal").check(t, p.Members(&wrong))
}

// sent is a request as it reached the service.
type sent struct {
	Method, URI, Key, ContentType, Accept, Body string
	Length                                      int64
}

func TestRequests(t *testing.T) {
	ctx := t.Context()
	tests := []struct {
		name string
		call func(*rest.Client) error
		want sent
	}{
		{
			"a read", func(c *rest.Client) error {
				return c.Get(ctx, rest.Path("dishes", "a/b?c"), url.Values{"n": {"1", "é&"}}, &dish{})
			},
			sent{"GET", "/dishes/a%2Fb%3Fc?n=1&n=%C3%A9%26", "", "", "application/json, application/problem+json", "", 0},
		},
		{
			"a keyed write", func(c *rest.Client) error {
				return c.Send(ctx, "PUT", "/dishes", `s:"a\b`, dish{"Dal", "7.50"}, nil)
			},
			sent{"PUT", "/dishes", `"s:\"a\\b"`, "application/json", "", `{"name":"Dal","price":7.50}`, 27},
		},
		{
			"a keyed write without a body", func(c *rest.Client) error {
				return c.Send(ctx, "POST", "/dishes", "k", nil, nil)
			},
			sent{"POST", "/dishes", `"k"`, "", "", "", -1},
		},
		{
			"a question", func(c *rest.Client) error {
				return c.Send(ctx, "POST", "/quotes", "", map[string]int{"b": 1, "a": 2}, &dish{})
			},
			sent{"POST", "/quotes", "", "application/json", "application/json, application/problem+json", `{"a":2,"b":1}`, 13},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got sent
			err := tt.call(client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = sent{
					r.Method, r.RequestURI, r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type"), r.Header.Get("Accept"),
					string(body), r.ContentLength,
				}
				if got.Accept == "" {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				document(`{}`).ServeHTTP(w, r)
			})))
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v -want +got\n%s", err, diff)
			}
		})
	}
}

func TestRequestsThatCannotBeMade(t *testing.T) {
	c := client(t, document("{}"))
	broken("printable ASCII").check(t, c.Send(t.Context(), "POST", "/", "ké", nil, nil))
	broken("not a JSON number").check(t, c.Send(t.Context(), "POST", "/", "k", dish{"Dal", "NaN"}, nil))
	broken("make the request").check(t, c.Get(t.Context(), "/\x7f", nil, &dish{}))
}

// A connection that dies under a keyed write must not make net/http send it again: the caller decides, and notes, that.
func TestKeyedWritesAreSentOnce(t *testing.T) {
	for name, body := range map[string]any{"with a body": dish{"Dal", "1"}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			writes := 0
			c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					document("{}").ServeHTTP(w, r)
					return
				}
				writes++
				panic(http.ErrAbortHandler)
			}))
			if err := c.Get(t.Context(), "/", nil, &dish{}); err != nil { // the connection is in the pool now
				t.Fatal(err)
			}
			unavailable("EOF").check(t, c.Send(t.Context(), "POST", "/", "k", body, nil))
			if writes != 1 {
				t.Errorf("the service saw %d writes", writes)
			}
		})
	}
}

// stalls sends the head of an answer and then nothing until the client is gone.
func stalls(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(200)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func TestDeadlineCoversTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, http.HandlerFunc(stalls))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		outcome{Code: fault.Timeout, Retryable: true, Says: "read the answer"}.check(t, c.Get(ctx, "/", nil, &dish{}))
	})
}

func TestCancelPassesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, http.HandlerFunc(stalls))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err := c.Get(ctx, "/", nil, &dish{})
		unavailable("canceled").check(t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}
	})
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestTransportFaults(t *testing.T) {
	full := &fault.Error{Code: fault.Overloaded, Service: "dishes", Retryable: true, Message: "full"}
	for name, tt := range map[string]struct {
		err  error
		want outcome
	}{
		"a fault passes through": {full, outcome{Code: fault.Overloaded, Retryable: true}},
		"a reset":                {errors.New("connection reset"), unavailable("GET /dishes: connection reset")},
		"its own deadline":       {context.DeadlineExceeded, outcome{Code: fault.Timeout, Retryable: true}},
	} {
		t.Run(name, func(t *testing.T) {
			c := rest.New(rest.Config{Service: "dishes"}, failing{tt.err})
			tt.want.check(t, c.Get(t.Context(), "/dishes", nil, &dish{}))
		})
	}
}

func TestCancelCountsBeforeWhatTheTransportMakesOfIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := rest.New(rest.Config{Service: "dishes"}, failing{context.DeadlineExceeded}).Get(ctx, "/", nil, &dish{})
	if unavailable("deadline").check(t, err); !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
}

// tracked is an answer that knows whether its body was closed.
type tracked struct {
	io.Reader
	status int
	closed bool
}

func (a *tracked) Close() error { a.closed = true; return nil }

func (a *tracked) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Body: a, ContentLength: -1}, nil
}

func TestBodiesAreClosed(t *testing.T) {
	for name, a := range map[string]*tracked{
		"read":    {Reader: strings.NewReader("{}"), status: 200},
		"failed":  {Reader: strings.NewReader("{}"), status: 503},
		"overful": {Reader: strings.NewReader(strings.Repeat("x", 9)), status: 200},
	} {
		_ = rest.New(rest.Config{Service: "dishes", MaxBody: 8}, a).Get(t.Context(), "/", nil, &dish{})
		if !a.closed {
			t.Errorf("%s: the body was left open", name)
		}
	}
}

// bounded is a transport with a bound that an operator has set.
type bounded struct{ http.RoundTripper }

func (bounded) MaxBody() int64 { return 5 << 20 }

// Where the transport bounds answers its bound counts, for it is the one that can be raised.
func TestTheTransportsBoundCounts(t *testing.T) {
	for size, want := range map[int]bool{4<<20 + 1: true, 5<<20 + 1: false} {
		network := testkit.Start(t, map[string]http.Handler{"dishes": document(`{"name":"` + strings.Repeat("x", size-11) + `"}`)})
		var got dish
		err := rest.New(rest.Config{Service: "dishes"}, bounded{network.Transport()}).Get(t.Context(), "/", nil, &got)
		if (err == nil) != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// An answer's bytes are another answer's afterwards: what was made of them does not change with them.
func TestNothingOfAnAnswerIsKept(t *testing.T) {
	answers := make(chan answer, 1)
	network := testkit.Start(t, map[string]http.Handler{"dishes": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (<-answers).ServeHTTP(w, r) })})
	c := rest.New(rest.Config{Service: "dishes", MaxBody: 128}, bodytest.Holding(network.Transport(), 4096))
	get := func(a answer) (dish, error) {
		answers <- a
		var d dish
		err := c.Get(t.Context(), "/dishes", nil, &d)
		return d, err
	}
	for range 20 { // a buffer may also be dropped
		first, err := get(document(`{"name":"dal","price":12.50}`))
		if err != nil {
			t.Fatal(err)
		}
		_, refused := get(problem(409, "sold_out"))
		_, _ = get(document(`{"name":"XXX","price":99.99}` + strings.Repeat(" ", 30)))
		_, _ = get(problem(409, "XXXXXXXX"))
		if first.Name != "dal" || first.Price != "12.50" {
			t.Fatalf("%+v, want the first answer's", first)
		}
		var problem *rest.Problem
		var members struct {
			Code string `json:"code"`
		}
		if !errors.As(refused, &problem) || problem.Members(&members) != nil || members.Code != "sold_out" || problem.Refused.Reason != "sold_out" {
			t.Fatalf("%v %+v, want the first refusal's", refused, members)
		}
	}
}
