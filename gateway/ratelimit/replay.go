package ratelimit

import (
	"context"
	"time"
)

// lookUpTime bounds how long it is found out whether an operation is a replay.
const lookUpTime = time.Second

// isReplay reports whether the operation repeats what was answered before. To find out costs a question to whoever keeps the answers, so it is
// asked only where the answer matters, and once.
func (a *Admission) isReplay(ctx context.Context) bool {
	if a.replay.asked || a.quota.replays == nil || !a.fields.single() {
		return a.replay.is
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	a.replay.asked = true
	a.replay.is = a.quota.replays(ctx, a.fields.rules[0].name, a.fields.last.ArgumentMap(a.op.Variables))
	return a.replay.is
}
