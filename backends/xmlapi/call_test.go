package xmlapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tiffin/backends/upstream/body/bodytest"
	"tiffin/backends/xmlapi"
	"tiffin/fault"
	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type ping struct {
	XMLName struct{} `xml:"urn:ping:v1 PingRequest"`
	Text    string
}

type pong struct {
	XMLName struct{} `xml:"urn:ping:v1 PingResponse"`
	Text    xmlapi.Token
}

const (
	answer = `<PingResponse xmlns="urn:ping:v1"><Text>pong</Text></PingResponse>`
	final  = `<Fault xmlns="urn:ping:v1"><Code>DEAF</Code><Text>never</Text><Retryable>false</Retryable></Fault>`
	again  = `<Fault xmlns="urn:ping:v1"><Code>BUSY</Code><Text>later</Text><Retryable>true</Retryable></Fault>`
)

// client speaks with handler over the in-memory network.
func client(t testkit.T, handler http.HandlerFunc) *xmlapi.Client {
	network := testkit.Start(t, map[string]http.Handler{"ping": handler})
	return xmlapi.New(xmlapi.Config{Service: "ping", MaxBody: 4096}, network.Transport())
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestCallSends(t *testing.T) {
	var header http.Header
	var body []byte
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.Host != "ping" || r.URL.Path != "/ping" {
			t.Errorf("%s %s %s", r.Method, r.Host, r.URL)
		}
		reply(http.StatusOK, answer)(w, r)
	})
	var got pong
	if err := c.Call(t.Context(), "/ping", `saga:"1`, ping{Text: "a<b & ü"}, &got); err != nil || got.Text != "pong" {
		t.Fatalf("%v, %v", got, err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<PingRequest xmlns="urn:ping:v1"><Text>a&lt;b &amp; ü</Text></PingRequest>`
	if string(body) != want {
		t.Errorf("sent\n%s\nwant\n%s", body, want)
	}
	for name, want := range map[string]string{
		"Idempotency-Key": `"saga:\"1"`, "Content-Type": "application/xml; charset=utf-8", "Accept": "application/xml",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if err := c.Call(t.Context(), "/ping", "", ping{}, &got); err != nil || header.Get("Idempotency-Key") != "" {
		t.Errorf("%v; a read carries the key %q", err, header.Get("Idempotency-Key"))
	}
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestOnlyReadsCanBeRewound(t *testing.T) {
	var rewindable bool
	c := xmlapi.New(xmlapi.Config{Service: "ping"}, roundTrip(func(r *http.Request) (*http.Response, error) {
		rewindable = r.GetBody != nil
		return nil, io.ErrUnexpectedEOF
	}))
	for _, key := range []string{"", "saga:1"} {
		_ = c.Call(t.Context(), "/ping", key, ping{}, new(pong))
		if rewindable != (key == "") {
			t.Errorf("key %q: rewindable %t", key, rewindable)
		}
	}
}

func TestCallRefusesToSend(t *testing.T) {
	c := xmlapi.New(xmlapi.Config{Service: "ping"}, roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("sent")
		return nil, io.EOF
	}))
	tests := map[string]func() error{
		"a character that XML cannot carry": func() error { return c.Call(t.Context(), "/ping", "", ping{Text: "\x00"}, new(pong)) },
		"a key with a line break":           func() error { return c.Call(t.Context(), "/ping", "a\nb", ping{}, new(pong)) },
		"a key that is no ASCII":            func() error { return c.Call(t.Context(), "/ping", "ü", ping{}, new(pong)) },
		"an answer that is no document":     func() error { return c.Call(t.Context(), "/ping", "", ping{}, new(string)) },
		"a path that is none":               func() error { return c.Call(t.Context(), "/%zz", "", ping{}, new(pong)) },
	}
	for name, call := range tests {
		var broken *fault.Error
		if err := call(); !errors.As(err, &broken) || broken.Retryable {
			t.Errorf("%s: %v, want a fault that a repeat does not mend", name, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	none := time.Duration(0)
	tests := []struct {
		name      string
		handler   http.HandlerFunc
		wantFault string // its code; "" = none
		retryable bool
		after     time.Duration
		cause     string
	}{
		{"fault with 200", reply(200, final), "DEAF", false, none, "never"},
		{"fault with 500", reply(500, final), "DEAF", false, none, "never"},
		{"fault with 400", reply(400, final), "DEAF", false, none, "never"},
		{"retryable fault with 200", reply(200, again), "BUSY", true, 7 * time.Second, "later"},
		{"retryable fault with 503", reply(503, again), "BUSY", true, 7 * time.Second, "later"},
		{"408", reply(408, ""), "", true, 7 * time.Second, "status 408"},
		{"429", reply(429, "<html/>"), "", true, 7 * time.Second, "status 429"},
		{"503", reply(503, ""), "", true, 7 * time.Second, "status 503"},
		{"500 with an answer", reply(500, answer), "", true, 7 * time.Second, "status 500"},
		{"401 without a body", reply(401, ""), "", false, none, "status 401"},
		{"401 with garbage", reply(401, "<<<"), "", false, none, "status 401"},
		{"404", reply(404, "404 page not found"), "", false, none, "status 404"},
		{"422 with a problem", reply(422, `{"code":"idempotency_key_reused"}`), "", false, none, "status 422"},
		{"302", reply(302, ""), "", false, none, "status 302"},
		{"200 without a body", reply(200, ""), "", true, none, "no document"},
		{"204", reply(204, ""), "", true, none, "no document"},
		{"200 with HTML", reply(200, "<html/>"), "", true, none, "root element"},
		{"200 truncated", reply(200, answer[:40]), "", true, none, "EOF"},
		{"200 with trailing bytes", reply(200, answer+"x"), "", true, none, "around the root"},
		{"longer than the bound", reply(200, answer+strings.Repeat(" ", 5000)), "", true, none, "bound of 4096"},
		{"longer than the bound, in chunks", func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, answer+strings.Repeat(" ", 5000))
		}, "", true, none, "bound of 4096"},
		{"cut in the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, answer)
		}, "", true, none, "unexpected EOF"},
		{"cut before the answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", true, none, "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := pong{Text: "before"}
			err := client(t, tt.handler).Call(t.Context(), "/ping", "", ping{}, &got)
			var settled *fault.Error
			if !errors.As(err, &settled) || settled.Code != fault.ServiceUnavailable || settled.Service != "ping" {
				t.Fatalf("%v, want a fault of the service", err)
			}
			if settled.Retryable != tt.retryable || settled.RetryAfter != tt.after {
				t.Errorf("retryable %t after %v, want %t after %v", settled.Retryable, settled.RetryAfter, tt.retryable, tt.after)
			}
			var reported *xmlapi.Fault
			if errors.As(err, &reported) != (tt.wantFault != "") || reported != nil && (reported.Code != tt.wantFault || reported.Service != "ping") {
				t.Errorf("fault %v, want %q", reported, tt.wantFault)
			}
			if !strings.Contains(err.Error(), tt.cause) {
				t.Errorf("%v, want %q in it", err, tt.cause)
			}
			if _, refused := fault.AsRefused(err); refused || got.Text != "before" {
				t.Errorf("refused %t, answer %v: neither is this package's to say", refused, got)
			}
		})
	}
}

func TestRetryAfterDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		var settled *fault.Error
		if err := c.Call(t.Context(), "/ping", "", ping{}, new(pong)); !errors.As(err, &settled) || settled.RetryAfter != 90*time.Second {
			t.Errorf("%v, want to wait 90 s", err)
		}
	})
}

func TestCallEnds(t *testing.T) {
	tests := []struct {
		name  string
		end   func(context.Context) (context.Context, context.CancelFunc)
		code  fault.Code
		cause error
	}{
		{"by the deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, fault.Timeout, context.DeadlineExceeded},
		{"by the caller", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, fault.ServiceUnavailable, context.Canceled},
	}
	stalled := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, answer[:20])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, stalled)
				ctx, cancel := tt.end(t.Context())
				defer cancel()
				err := c.Call(ctx, "/ping", "", ping{}, new(pong))
				if !fault.Is(err, tt.code) || !errors.Is(err, tt.cause) {
					t.Errorf("%v, want %s round %v", err, tt.code, tt.cause)
				}
			})
		})
	}
}

// What a caller who has left gets is its own cancel, whatever the transport makes of it.
func TestTheCallersEndCountsFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := xmlapi.New(xmlapi.Config{Service: "ping"}, roundTrip(func(*http.Request) (*http.Response, error) {
		cancel()
		return nil, os.ErrDeadlineExceeded
	}))
	if err := c.Call(ctx, "/ping", "", ping{}, new(pong)); !fault.Is(err, fault.ServiceUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the cancel", err)
	}
}

// unreadable is the body of an answer that nobody should wait for.
type unreadable struct{ io.Closer }

func (unreadable) Read([]byte) (int, error) { return 0, errors.New("read") }

func TestAnswersThatAnnounceTooMuchAreNotRead(t *testing.T) {
	c := xmlapi.New(xmlapi.Config{Service: "ping", MaxBody: 10}, roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 11, Body: unreadable{io.NopCloser(nil)}}, nil
	}))
	if err := c.Call(t.Context(), "/ping", "", ping{}, new(pong)); err == nil || !strings.Contains(err.Error(), "11 bytes") {
		t.Errorf("%v, want the bound", err)
	}
}

func TestFaultsOfTheTransportPass(t *testing.T) {
	open := fault.New(fault.Overloaded, "no place")
	c := xmlapi.New(xmlapi.Config{Service: "ping"}, roundTrip(func(*http.Request) (*http.Response, error) { return nil, open }))
	if err := c.Call(t.Context(), "/ping", "", ping{}, new(pong)); !errors.Is(err, open) || fault.Is(err, fault.ServiceUnavailable) {
		t.Errorf("%v, want %v as it is", err, open)
	}
}

// bounded is a transport with a bound that an operator has set.
type bounded struct{ http.RoundTripper }

func (bounded) MaxBody() int64 { return 10 }

// Where the transport bounds answers its bound counts, for it is the one that can be raised.
func TestTheTransportsBoundCounts(t *testing.T) {
	c := xmlapi.New(xmlapi.Config{Service: "ping"}, bounded{roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 11, Body: io.NopCloser(strings.NewReader("<Pong></Pong>"))}, nil
	})})
	if err := c.Call(t.Context(), "/ping", "", ping{}, new(pong)); err == nil || !strings.Contains(err.Error(), "bound of 10") {
		t.Errorf("%v", err)
	}
}

// An answer's bytes are another answer's afterwards: what was made of them does not change with them.
func TestNothingOfAnAnswerIsKept(t *testing.T) {
	bodies := make(chan string, 1)
	network := testkit.Start(t, map[string]http.Handler{"ping": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reply(http.StatusOK, <-bodies)(w, r) })})
	c := xmlapi.New(xmlapi.Config{Service: "ping"}, bodytest.Holding(network.Transport(), 4096))
	ask := func(body string) (pong, error) {
		bodies <- body
		var got pong
		err := c.Call(t.Context(), "/ping", "", ping{}, &got)
		return got, err
	}
	for range 20 { // a buffer may also be dropped
		first, err := ask(answer)
		if err != nil {
			t.Fatal(err)
		}
		_, failed := ask(final)
		said := failed.Error()
		_, _ = ask(strings.NewReplacer("pong", "XXXX").Replace(answer))
		_, _ = ask(strings.NewReplacer("DEAF", "XXXX", "never", "XXXXX").Replace(final))
		if first.Text != "pong" || failed.Error() != said || !strings.Contains(said, "DEAF") {
			t.Fatalf("%+v and %v, want the first answers'", first, failed)
		}
	}
}
