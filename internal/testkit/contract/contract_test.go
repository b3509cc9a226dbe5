package contract_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"tiffin/internal/testkit"
	"tiffin/internal/testkit/contract"
)

const parcels = "testdata/parcels.yaml"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is a handler's whole response; body is sent in one piece.
type answer struct {
	status int
	header map[string]string
	body   string
}

func (a answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = io.WriteString(w, a.body)
}

func jsonBody(status int, body string) answer {
	return answer{status, map[string]string{"Content-Type": "application/json"}, body}
}

func TestHandlerReports(t *testing.T) {
	parcel := jsonBody(200, `{"weight": 1.5, "sent": "2026-01-02T03:04:05Z"}`)
	list := answer{200, map[string]string{"Content-Type": "application/json", "X-Total": "0"}, `[]`}
	tests := []struct {
		name, request, send string // request is "METHOD path"; send is a JSON body
		answer              answer
		want                []string // one substring per report, in order
	}{
		{"a good exchange", "GET /v1/parcels/p1", "", parcel, nil},
		{"a good list", "GET /v1/parcels?limit=10", "", list, nil},
		{"a good write", "POST /v1/parcels", `{"weight": 1}`, answer{status: 201}, nil},
		{"a good refusal", "GET /v1/parcels/p1", "", answer{404, map[string]string{"Content-Type": "application/problem+json"}, `{"title": "gone"}`}, nil},
		{"a picture", "GET /v1/labels/a.png", "", answer{200, map[string]string{"Content-Type": "image/png"}, "\x89PNG"}, nil},

		{"no such path", "GET /v1/letters", "", parcel, []string{"no such path"}},
		{"path without the base", "GET /parcels/p1", "", parcel, []string{"no such path"}},
		{"no such method", "DELETE /v1/parcels", "", parcel, []string{"no such path and method"}},
		{"wrong path parameter", "GET /v1/parcels/17", "", parcel, []string{"request of GET /v1/parcels/17"}},
		{"wrong query parameter", "GET /v1/parcels?limit=11", "", list, []string{"limit"}},
		{"unknown query parameter", "GET /v1/parcels?size=1", "", list, []string{`"size" is not in the contract`}},
		{"wrong request body", "POST /v1/parcels", `{"weight": "heavy"}`, answer{status: 201}, []string{"/weight"}},
		{"unknown request property", "POST /v1/parcels", `{"weight": 1, "color": "red"}`, answer{status: 201}, []string{"color"}},
		{"no request body", "POST /v1/parcels", "", answer{status: 201}, []string{"required"}},
		{"unexpected request body", "GET /v1/parcels/p1", `{}`, parcel, []string{"request body"}},

		{"unlisted status", "GET /v1/parcels/p1", "", jsonBody(500, `{}`), []string{"response 500 of GET /v1/parcels/p1: the status is not in the contract"}},
		{"unlisted redirect", "GET /v1/parcels/p1", "", answer{status: 304}, []string{"the status is not in the contract"}},
		{"wrong response body", "GET /v1/parcels/p1", "", jsonBody(200, `{"weight": null}`), []string{"/weight"}},
		{"unknown response property", "GET /v1/parcels/p1", "", jsonBody(200, `{"weight": 1, "color": "red"}`), []string{"color"}},
		{"wrong format", "GET /v1/parcels/p1", "", jsonBody(200, `{"weight": 1, "sent": "yesterday"}`), []string{"/sent"}},
		{"response body cut", "GET /v1/parcels/p1", "", jsonBody(200, `{"weight": `), []string{"failed to decode"}},
		{"no response body", "GET /v1/parcels/p1", "", jsonBody(200, ``), []string{"lists a body"}},
		{"nothing sent at all", "GET /v1/parcels/p1", "", answer{}, []string{"response 200"}},
		{"unexpected response body", "POST /v1/parcels", `{"weight": 1}`, jsonBody(201, `{}`), []string{"lists no body"}},
		{"wrong content type", "GET /v1/parcels/p1", "", answer{200, nil, `{"weight": 1}`}, []string{"text/plain"}},
		{"missing header", "GET /v1/parcels", "", jsonBody(200, `[]`), []string{`"X-Total" missing`}},
		{"wrong header", "GET /v1/parcels", "", answer{200, map[string]string{"Content-Type": "application/json", "X-Total": "many"}, `[]`}, []string{"X-Total"}},
		{"both wrong", "GET /v1/parcels/17", "", jsonBody(500, `{}`), []string{"request of", "response 500"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := &testkit.FakeT{}
			res, body := exchange(t, contract.Handler(fake, parcels, tt.answer), tt.request, tt.send)
			if want := max(tt.answer.status, http.StatusOK); res.StatusCode != want || body != tt.answer.body {
				t.Errorf("the exchange was changed: %d %q, want %d %q", res.StatusCode, body, want, tt.answer.body)
			}
			if len(fake.Errors) != len(tt.want) {
				t.Fatalf("%d reports %q, want %d", len(fake.Errors), fake.Errors, len(tt.want))
			}
			for i, want := range tt.want {
				if !strings.Contains(fake.Errors[i], want) {
					t.Errorf("report %q, want %q in it", fake.Errors[i], want)
				}
			}
		})
	}
}

// A report names everything that is wrong with a body.
func TestHandlerReportsWholeBodies(t *testing.T) {
	fake := &testkit.FakeT{}
	exchange(t, contract.Handler(fake, parcels, jsonBody(200, `{"weight": "heavy", "sent": "yesterday"}`)), "GET /v1/parcels/p1", "")
	if got := strings.Join(fake.Errors, "\n"); !strings.Contains(got, "/weight") || !strings.Contains(got, "/sent") {
		t.Errorf("reported %q, want both fields in it", got)
	}
}

// A default in the contract is the service's to apply.
func TestHandlerFillsInNothing(t *testing.T) {
	look := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			t.Errorf("the handler got the query %q, the client sent none", r.URL.RawQuery)
		}
		w.Header().Set("X-Total", "0")
		jsonBody(200, `[]`).ServeHTTP(w, r)
	})
	exchange(t, contract.Handler(t, parcels, look), "GET /v1/parcels", "")
}

// What counts is the header as it was sent: not what an informational response
// had, and not what was set too late.
func TestHandlerChecksTheHeaderThatWasSent(t *testing.T) {
	late := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		jsonBody(200, `[]`).ServeHTTP(w, r)
		w.Header().Set("X-Total", "0")
	})
	fake := &testkit.FakeT{}
	exchange(t, contract.Handler(fake, parcels, late), "GET /v1/parcels", "")
	if got := strings.Join(fake.Errors, "\n"); len(fake.Errors) != 1 || !strings.Contains(got, `response 200 of GET /v1/parcels: response header "X-Total" missing`) {
		t.Errorf("reported %q, want only the missing header", got)
	}
}

// exchange sends one request to the handler over an in-memory network.
func exchange(t *testing.T, h http.Handler, request, send string) (res *http.Response, body string) {
	t.Helper()
	n := testkit.NewNetwork()
	defer n.Close()
	n.Serve("parcels.test", h)
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, "http://parcels.test"+path, strings.NewReader(send))
	if err != nil {
		t.Fatal(err)
	}
	if send != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err = n.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// A stream reaches the client event by event, and is checked when it ends.
func TestHandlerKeepsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := make(chan string)
		stream := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.(http.Flusher).Flush()
			for event := range next {
				_, _ = io.WriteString(w, event+"\n")
				w.(http.Flusher).Flush()
			}
		})
		client := testkit.Start(t, map[string]http.Handler{"parcels.test": contract.Handler(t, parcels, stream)}).Client()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://parcels.test/v1/parcels/p1/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		lines := bufio.NewScanner(res.Body)
		for _, event := range []string{"data: one", "data: two"} {
			next <- event
			if !lines.Scan() || lines.Text() != event {
				t.Fatalf("got %q, %v, want %q before the stream goes on", lines.Text(), lines.Err(), event)
			}
		}
		close(next)
	})
}

// A handler that takes over the connection has sent no response.
func TestHandlerLeavesTakenConnections(t *testing.T) {
	take := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = buf.WriteString("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n")
		_ = buf.Flush()
	})
	if res, _ := exchange(t, contract.Handler(t, parcels, take), "GET /v1/parcels/p1", ""); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d, want 500 as the handler wrote it", res.StatusCode)
	}
}

func TestHandlerRefusesBrokenDocuments(t *testing.T) {
	for path, want := range map[string]string{
		"testdata/none.yaml":   "none.yaml",
		"testdata/broken.yaml": "no valid OpenAPI",
	} {
		fake := &testkit.FakeT{}
		contract.Handler(fake, path, answer{})
		if got := strings.Join(fake.Fatals, "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: reported %q, want %q in it", path, got, want)
		}
	}
}
