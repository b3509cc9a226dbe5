package xmlapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"tiffin/backends/upstream/body"
	"tiffin/backends/xmlapi"
)

func TestRetryableFault(t *testing.T) {
	for text, want := range map[string]bool{
		`<Fault xmlns="urn:x"><Code>BUSY</Code><Retryable>true</Retryable></Fault>`:                                                                   true,
		`<?xml version="1.0"?><Fault><Code>BUSY</Code><Retryable> 1 </Retryable></Fault>`:                                                             true,
		`<Fault><Code>DECLINED</Code><Retryable>false</Retryable></Fault>`:                                                                            false,
		`<Fault><Code>BUSY</Code></Fault>`:                                                                                                            false,
		`<Answer><Fault><Retryable>true</Retryable></Fault></Answer>`:                                                                                 false,
		`<Fault><Retryable>true</Retryable>`:                                                                                                          false,
		`<Fault><Retryable>true</Retryable></Fault>` + strings.Repeat(" ", 5000):                                                                      false,
		`<?xml version="1.0" encoding="ISO-8859-1"?><Fault><Code>BUSY</Code><Text>besch` + "\xe4" + `ftigt</Text><Retryable>true</Retryable></Fault>`: true,
		"\xef\xbb\xbf" + `<?xml version="1.0" encoding="UTF-8"?><Fault><Retryable>true</Retryable></Fault>`:                                           true,
		`<?xml version="1.0" encoding="EBCDIC"?><Fault><Retryable>true</Retryable></Fault>`:                                                           false,
		`Fault`: false,
		``:      false,
	} {
		res := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}
		if err := new(body.Memory).Hold(res, 1<<20, nil); err != nil {
			t.Fatal(err)
		}
		if got := xmlapi.RetryableFault(res); got != want {
			t.Errorf("%.80s: %v, want %v", text, got, want)
		}
		if left, err := io.ReadAll(res.Body); string(left) != text || err != nil {
			t.Errorf("%.80s: the body is not whole any more: %q, %v", text, left, err)
		}
	}
}
