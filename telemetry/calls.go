package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Call is one call to a service, as the request's log line tells it.
type Call struct {
	// Service is the service's name, Instance where the last attempt went; empty where none did.
	Service, Instance string
	// Status is that of the answer; 0 where there was none. Outcome says in a word how it ended.
	Status  int
	Outcome string
	// Attempts is how many left the process: 0 for an answer from the cache.
	Attempts int
	// Cache is what the cache did: "hit", "stale", …; empty where there is none.
	Cache string
	// Began and Took are when it was made and how long it took, waiting and all attempts included.
	Began time.Time
	Took  time.Duration
}

// maxCalls bounds how many calls one line names; the others are counted.
const maxCalls = 32

// calls are those of one request; its edges make them at the same time.
type calls struct {
	mu    sync.Mutex
	began time.Time
	made  []Call
	more  int
}

// NoteCall adds a call to the log line of the request that ctx works for. It is safe for concurrent use, keeps the first 32, and does
// nothing outside of a request or after its line was written.
func NoteCall(ctx context.Context, c Call) {
	r, ok := ctx.Value(recordKey{}).(*record)
	if !ok {
		return
	}
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	if len(r.calls.made) == maxCalls {
		r.calls.more++
		return
	}
	r.calls.made = append(r.calls.made, c)
}

// lines returns what the log is told, and how many calls it is not told of.
func (c *calls) lines() (lines []callLine, more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.made {
		lines = append(lines, callLine{
			Service: call.Service, Instance: call.Instance, Status: call.Status, Outcome: call.Outcome, Attempts: call.Attempts,
			Cache: call.Cache, At: millis(call.Began.Sub(c.began)), Took: millis(call.Took),
		})
	}
	return lines, c.more
}

// callLine is a Call in the log. At and Took are in milliseconds; At counts from the request's begin, so that the line shows what ran side
// by side.
type callLine struct {
	Service  string  `json:"service"`
	Instance string  `json:"instance,omitempty"`
	Status   int     `json:"status,omitempty"`
	Outcome  string  `json:"outcome"`
	Attempts int     `json:"attempts"`
	Cache    string  `json:"cache,omitempty"`
	At       float64 `json:"at_ms"`
	Took     float64 `json:"duration_ms"`
}

// String is for the text format of the log.
func (c callLine) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(text)
}

// millis is d in milliseconds, exact to the microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
