package operation

import (
	"context"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/gateway/operation/limits"
)

// problem is why a request is not executed.
type problem struct {
	code fault.Code
	text string
	// retryAfter is when the same request can succeed; 0 where that is not known.
	retryAfter time.Duration
	// at has the path and the locations; nil where there are none.
	at *gqlerror.Error
}

// refusals are a problem for each limit that is exceeded and enforced.
func refusals(exceeded []limits.Exceeded) []problem {
	var problems []problem
	for _, e := range exceeded {
		if e.Refused() {
			problems = append(problems, problem{code: e.Code, text: e.String()})
		}
	}
	return problems
}

// show presents the problems.
func show(ctx context.Context, problems ...problem) gqlerror.List {
	list := make(gqlerror.List, len(problems))
	for n, p := range problems {
		list[n] = answer.Error(ctx, &fault.Error{Code: p.code, Message: p.text, Retryable: p.code == fault.Overloaded, RetryAfter: p.retryAfter})
		if p.at != nil {
			list[n].Path, list[n].Locations = p.at.Path, p.at.Locations
		}
	}
	return list
}
