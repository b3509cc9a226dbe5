package rest

import (
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter bounds what a service may ask for.
const maxRetryAfter = time.Hour

// retryAfter reads the Retry-After header (RFC 9110, section 10.2.3), seconds or a date; 0 where it has none that makes sense.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxRetryAfter)
}
