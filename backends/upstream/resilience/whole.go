package resilience

import (
	"strconv"
	"time"

	"tiffin/backends/upstream/call"
)

// Whole is [Config.DeadlineHeader] and its value for an attempt of the kind that has all of its AttemptTimeout, as most have; no name where
// no time is sent. A position that makes a call's Header writes it there, so that an attempt copies the Header only where it has less. The
// value is shared: it is not to be changed.
func (p *Policies) Whole(kind call.Kind) (name string, value []string) {
	return p.cfg.DeadlineHeader, p.whole[kind].text
}

// wholeTimes are the attempts' times, by kind, as the header says them.
type wholeTimes [call.Write + 1]struct {
	time time.Duration
	text []string
}

func newWholeTimes(cfg Config) wholeTimes {
	var w wholeTimes
	for kind := range call.Write + 1 {
		w[kind].time = cfg.operation(kind).AttemptTimeout
		w[kind].text = []string{milliseconds(w[kind].time)}
	}
	return w
}

// tell is the header's value for an attempt that has left.
func (w *wholeTimes) tell(kind call.Kind, left time.Duration) []string {
	if left != w[kind].time {
		return []string{milliseconds(left)}
	}
	return w[kind].text
}

// milliseconds is a time as the header says it; never none, which would mean that there is no limit.
func milliseconds(left time.Duration) string {
	return strconv.FormatInt(max(left.Milliseconds(), 1), 10)
}
