package resilience

import (
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter is what a longer Retry-After is taken for; no call has that long.
const maxRetryAfter = time.Hour

// retryAfter reads the Retry-After header (RFC 9110, section 10.2.3), seconds or a date; 0 where there is none that makes sense.
func retryAfter(res *http.Response) time.Duration {
	if res == nil {
		return 0
	}
	text := res.Header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxRetryAfter)
}
