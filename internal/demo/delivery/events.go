package delivery

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"tiffin/internal/demo/stage"
)

// tick is how often a stream looks for news.
const tick = time.Second

// events answers GET /deliveries/{order_id}/events: a stream (text/event-stream) of "status" events, each a delivery, and
// "position" events. It begins with what is, goes on with what changes, and ends once the order has arrived or is cancelled.
func (s *Service) events(w http.ResponseWriter, r *http.Request) {
	j := s.find(w, r)
	if j == nil {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	var last status
	for j != nil {
		now := s.now()
		news := report(j, last, now)
		last = j.status(now)
		if !push(w, news) || last == delivered || last == cancelled || stage.Pause(r.Context(), tick) != nil {
			return
		}
		j = s.job(j.orderID)
	}
}

// report is what a listener does not know yet; "" where that is nothing.
func report(j *job, last status, now time.Time) string {
	var news string
	if j.status(now) != last {
		news = event("status", j.answer(now))
	}
	if p := j.positionAnswer(now); p != nil && (news != "" || j.status(now) == pickedUp) {
		news += event("position", p)
	}
	return news
}

func event(name string, data any) string {
	text, err := json.Marshal(data)
	if err != nil {
		panic("delivery: an event that JSON cannot hold: " + err.Error())
	}
	return fmt.Sprintf("event: %s\ndata: %s\n\n", name, text)
}

// push sends what there is; false once the client has gone.
func push(w http.ResponseWriter, news string) bool {
	if news == "" {
		return true
	}
	if _, err := io.WriteString(w, news); err != nil {
		return false
	}
	return http.NewResponseController(w).Flush() == nil
}
