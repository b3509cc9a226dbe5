package body_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

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

// memory is an answer with content held in memory.
func memory(t *testing.T, content string) *http.Response {
	t.Helper()
	res := &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Body: io.NopCloser(strings.NewReader(content))}
	if err := new(body.Memory).Hold(res, int64(len(content)), nil); err != nil {
		t.Fatal(err)
	}
	return res
}

func TestWhatIsInMemory(t *testing.T) {
	res := memory(t, "tiffin")
	if n, err := io.CopyN(io.Discard, res.Body, 2); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if left := res.Body.(*body.Memory).Len(); left != 4 {
		t.Errorf("%d bytes left", left)
	}
	body.Peek(res, func(content []byte) {
		if string(content) != "ffin" {
			t.Errorf("%q, want what was left", content)
		}
	})
	if content, err := body.Read(res, 4); err != nil || string(content) != "ffin" {
		t.Errorf("%q, %v, want what was left", content, err)
	}
	if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("%v after the end", err)
	}
	if err := second(body.Read(res, 4)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("%v after the end", err)
	}
	if large := (*body.TooLargeError)(nil); !errors.As(second(body.Read(memory(t, "tiffin"), 5)), &large) || large.Limit != 5 {
		t.Error("6 bytes within a bound of 5")
	}
	if content, err := io.ReadAll(memory(t, "tiffin").Body); err != nil || string(content) != "tiffin" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestPeekShowsNothingOfOthers(t *testing.T) {
	res := &http.Response{Body: io.NopCloser(strings.NewReader("tiffin"))}
	body.Peek(res, func(content []byte) {
		if content != nil {
			t.Errorf("%q", content)
		}
	})
	if content, err := body.Read(res, 6); err != nil || string(content) != "tiffin" {
		t.Errorf("%q, %v after that", content, err)
	}
}

// An answer's bytes are its own for as long as it has them, whatever becomes of other answers: many are read, looked at, used, kept and closed
// by turns, some twice and from two sides, and each says what it is.
func TestBuffersHaveOneOwner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var group sync.WaitGroup
		var buffers body.Buffers
		for worker := range rapid.IntRange(1, 4).Draw(t, "workers") {
			steps := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 20).Draw(t, "steps")
			group.Go(func() { visit(t, &buffers, byte(64*worker), steps) })
		}
		group.Wait()
	})
}

// visit makes answers of nothing but one byte, each of its own, and of lengths that want other buffers.
func visit(t *rapid.T, buffers *body.Buffers, first byte, steps []int) {
	var kept []func() // what is known of answers whose bytes were kept
	for n, step := range steps {
		letter := first + byte(n)
		check := func(content []byte) error {
			if bytes.Count(content, []byte{letter}) < len(content) {
				t.Errorf("bytes of another answer")
			}
			return nil
		}
		res := &http.Response{ContentLength: -1, Body: io.NopCloser(bytes.NewReader(bytes.Repeat([]byte{letter}, 1+n*517)))}
		if step > 0 {
			if err := new(body.Memory).Hold(res, 1<<20, buffers); err != nil {
				t.Error(err)
			}
		}
		switch step {
		case 1: // a bound that it does not keep
			_ = body.Use(res, 0, check)
		case 2:
			content, _ := body.Read(res, 1<<20)
			kept = append(kept, func() { _ = check(content) })
		case 3: // closed by two, while it is read
			var group sync.WaitGroup
			group.Go(func() { _ = res.Body.Close() })
			content, _ := io.ReadAll(res.Body)
			kept = append(kept, func() { _ = check(content) })
			_ = res.Body.Close()
			group.Wait()
		case 4: // closed while it is used
			_ = body.Use(res, 1<<20, func(content []byte) error {
				_ = res.Body.Close()
				runtime.Gosched()
				return check(content)
			})
			_ = res.Body.Close()
		case 5: // looked at while it is closed
			var group sync.WaitGroup
			group.Go(func() { _ = res.Body.Close() })
			body.Peek(res, func(content []byte) {
				runtime.Gosched()
				_ = check(content)
			})
			group.Wait()
		default:
			body.Peek(res, func(content []byte) { _ = check(content) })
			if err := body.Use(res, 1<<20, check); err != nil {
				t.Error(err)
			}
		}
	}
	for _, look := range kept {
		look()
	}
}

// Of answers that were used, buffers are left for the next ones, but for long ones, which are few.
func TestBuffersAreUsedAgain(t *testing.T) {
	for length, want := range map[int]bool{2040: true, 1 << 20: false} {
		var buffers body.Buffers
		var memory *body.Memory
		content := bytes.NewReader(make([]byte, length))
		closer := io.NopCloser(content)
		res := &http.Response{}
		allocations := testing.AllocsPerRun(100, func() {
			_, _ = content.Seek(0, io.SeekStart)
			memory = new(body.Memory)
			res.Body, res.ContentLength = closer, content.Size()
			_ = memory.Hold(res, 1<<20, &buffers)
			_ = body.Use(res, 1<<20, func([]byte) error { return nil })
		})
		if again := allocations == 1; again != want { // the memory is one
			t.Errorf("%d bytes: %v allocations", length, allocations)
		}
	}
}

// Use gives back what it has borrowed when use fails, too, and tells its error as it is.
func TestUseTellsTheErrorOfUse(t *testing.T) {
	want := errors.New("no order")
	if err := body.Use(memory(t, "tiffin"), 6, func([]byte) error { return want }); err != want { //nolint:errorlint // as it is
		t.Errorf("%v, want %v", err, want)
	}
}

func second[T any](_ T, err error) error { return err }
