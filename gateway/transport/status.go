package transport

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/gateway/answer"
)

// partialSuccess is the draft's status of a response with data beside errors; it is not registered.
const partialSuccess = 294

// status is that of a response which was executed, also in part (section "Status codes"): 200 where there are data. Where an error took all
// of them along, a client of application/graphql-response+json sees it in the status; the other media type knows only 200 for what was
// executed.
func (h *HTTP) status(media answer.Media, resp *graphql.Response) int {
	executed := resp.Data != nil
	switch {
	case len(resp.Errors) == 0, executed && media == answer.JSON:
		return http.StatusOK
	case isEmpty(resp):
		return h.refusal(media, firstCode(resp.Errors))
	case h.cfg.PartialStatus && media == answer.GraphQL:
		return partialSuccess
	default:
		return http.StatusOK
	}
}

// refusal is the status of a response without data.
func (h *HTTP) refusal(media answer.Media, code fault.Code) int {
	if h.cfg.Unprocessable && media == answer.GraphQL && (code == fault.ValidationFailed || code == fault.BadUserInput) {
		return http.StatusUnprocessableEntity
	}
	return media.Status(code)
}

func isEmpty(resp *graphql.Response) bool { return resp.Data == nil || string(resp.Data) == "null" }

func firstCode(errs gqlerror.List) fault.Code {
	if len(errs) == 0 {
		return fault.Internal
	}
	return answer.Code(errs[0])
}
