package body_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"tiffin/backends/upstream/body"
)

// closing counts how often it is closed.
type closing struct {
	io.Reader

	times int
}

func (c *closing) Close() error { c.times++; return errors.New("of no interest") }

func TestRead(t *testing.T) {
	long := strings.Repeat("tiffin", 30_000) // longer than what is allocated on a length alone
	for name, test := range map[string]struct {
		body      io.Reader
		announced int64
		limit     int64
		want, err string
	}{
		"announced":            {strings.NewReader("dal"), 3, 10, "dal", ""},
		"not announced":        {strings.NewReader("dal"), -1, 10, "dal", ""},
		"in pieces":            {iotest.OneByteReader(strings.NewReader("dal")), 3, 10, "dal", ""},
		"end with the last":    {iotest.DataErrReader(strings.NewReader("dal")), 3, 10, "dal", ""},
		"empty":                {strings.NewReader(""), 0, 10, "", ""},
		"long":                 {strings.NewReader(long), int64(len(long)), 1 << 20, long, ""},
		"long, not announced":  {strings.NewReader(long), -1, 1 << 20, long, ""},
		"as long as allowed":   {strings.NewReader("dal"), 3, 3, "dal", ""},
		"announced too long":   {strings.NewReader("dal"), 3, 2, "", "3 bytes are more than the bound of 2"},
		"too long":             {strings.NewReader("dal"), -1, 2, "", "more than the bound of 2 bytes"},
		"more than announced":  {strings.NewReader(long), 3, 1 << 20, long, ""},
		"breaks":               {io.MultiReader(strings.NewReader("da"), iotest.ErrReader(io.ErrUnexpectedEOF)), 3, 10, "", "unexpected EOF"},
		"announced not to end": {iotest.ErrReader(io.ErrUnexpectedEOF), 1 << 40, 1 << 50, "", "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			source := &closing{Reader: test.body}
			content, err := body.Read(&http.Response{Body: source, ContentLength: test.announced}, test.limit)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("%v, want %q", err, test.err)
			}
			if large := (*body.TooLargeError)(nil); errors.As(err, &large) != strings.Contains(test.err, "bound") {
				t.Errorf("%#v", err)
			}
			if err == nil && string(content) != test.want || err != nil && content != nil {
				t.Errorf("%d bytes, want %d", len(content), len(test.want))
			}
			if source.times != 1 {
				t.Errorf("closed %d times", source.times)
			}
		})
	}
}

// An answer to HEAD announces what it stands for, however long.
func TestNoBody(t *testing.T) {
	content, err := body.Read(&http.Response{Body: http.NoBody, ContentLength: 100}, 10)
	if content != nil || err != nil {
		t.Error(content, err)
	}
}

// bounded is a transport with a bound of its own.
type bounded struct{ http.RoundTripper }

func (bounded) MaxBody() int64 { return 7 }

// A bound is set in one place: by whoever reads, or by the transport.
func TestLimit(t *testing.T) {
	for n, got := range []int64{body.Limit(3, bounded{}), body.Limit(0, bounded{}), body.Limit(3, nil), body.Limit(0, http.DefaultTransport)} {
		if want := []int64{3, 7, 3, 4 << 20}[n]; got != want {
			t.Errorf("case %d: %d, want %d", n, got, want)
		}
	}
}

// What was put in place is not copied, but read like any other body.
func TestWhatIsInMemory(t *testing.T) {
	kept := []byte("tiffin")
	res := &http.Response{ContentLength: int64(len(kept))}
	new(body.Memory).Put(res, kept)
	if _, err := body.Read(res, 5); err == nil {
		t.Error("6 bytes within a bound of 5")
	}
	res.ContentLength = -1 // whoever wraps bodies may not know
	if large := (*body.TooLargeError)(nil); !errors.As(second(body.Read(res, 5)), &large) {
		t.Error("6 bytes within a bound of 5")
	}
	content, err := body.Read(res, 6)
	if err != nil || &content[0] != &kept[0] || len(content) != 6 {
		t.Errorf("%q, %v, not the same bytes", content, err)
	}
	if again, err := body.Read(res, 6); err != nil || len(again) != 0 {
		t.Errorf("%q, %v after the end", again, err)
	}

	new(body.Memory).Put(res, kept)
	if n, err := io.CopyN(io.Discard, res.Body, 2); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if content, err := body.Read(res, 4); err != nil || !bytes.Equal(content, []byte("ffin")) {
		t.Errorf("%q, %v, want what was left", content, err)
	}
}

func second[T any](_ T, err error) error { return err }
