package transport

import (
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"tiffin/gateway/operation"
)

// tellCost says what the operation cost, where the configuration wants clients to know, and returns it.
func (h *HTTP) tellCost(header http.Header, op *graphql.OperationContext, resp *graphql.Response) (cost operation.Cost, ok bool) {
	if cost, ok = h.pipeline.Cost(op, resp); ok && cost.Shown {
		header.Set("X-Cost-Estimated", strconv.Itoa(cost.Estimated))
		header.Set("X-Cost-Actual", strconv.Itoa(cost.Actual))
	}
	return cost, ok
}
