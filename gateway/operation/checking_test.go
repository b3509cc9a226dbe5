package operation

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/gateway/answer"
)

// Documents that are as long as they may be wait for one another; short ones and those that are remembered do not wait for them.
func TestLongDocumentsDoNotHoldUpShortOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipelineOf(t, Config{Deadline: time.Second}, wideSchema())
		long := Params{Query: "{n}#" + strings.Repeat("x", shortDocument)}
		if got := refusal(t, p, long); got != "" {
			t.Fatal(got)
		}
		for range cap(p.documents.checking.long) {
			p.documents.checking.long <- struct{}{} // somebody is at it
		}
		if got := refusal(t, p, long); got != "" {
			t.Errorf("a document that is remembered: %s", got)
		}
		if got := refusal(t, p, Params{Query: "{n # never seen\n}"}); got != "" {
			t.Errorf("a short document: %s", got)
		}
		long.Query += "y"
		began := time.Now()
		_, errs := p.Prepare(t.Context(), long)
		if len(errs) != 1 || answer.Code(errs[0]) != "OVERLOADED" || time.Since(began) != time.Second {
			t.Errorf("%v after %v", errs, time.Since(began))
		}
		if after, _ := errs[0].Extensions["retryAfterMs"].(int64); after < 1000 || after > 3000 {
			t.Errorf("comes again after %v ms", errs[0].Extensions["retryAfterMs"])
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, errs := p.Prepare(ctx, long); len(errs) != 1 || answer.Code(errs[0]) != "OVERLOADED" {
			t.Errorf("%v", errs)
		}
	})
}
