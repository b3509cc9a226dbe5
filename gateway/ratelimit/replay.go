package ratelimit

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// lookUpTime bounds how long it is found out whether an operation is a replay.
const lookUpTime = time.Second

// replay is whether one operation repeats what was answered before. To find out costs a question to whoever keeps the answers, so it is
// asked only where the answer matters, and once.
type replay struct {
	quota  *Quota
	op     *graphql.OperationContext
	fields *counts

	asked, is bool
}

func (r *replay) known(ctx context.Context) bool {
	if r.asked || r.quota.replays == nil || !r.fields.single() {
		return r.is
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	r.asked = true
	r.is = r.quota.replays(ctx, r.fields.rules[0].name, r.fields.last.ArgumentMap(r.op.Variables))
	return r.is
}
