package transport

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/gateway/operation"
	"tiffin/telemetry"
)

// Deps are the handler's collaborators.
type Deps struct {
	Pipeline *operation.Pipeline
	// Gates admit an operation that the caller may have, in this order, just before it is executed.
	Gates []Gate
}

// HTTP serves GraphQL at one path. It relies on the chain before it to bound the body and to put the caller into the context.
type HTTP struct {
	cfg      Config
	pipeline *operation.Pipeline
	gates    []Gate
}

// New makes the handler.
func New(cfg Config, deps Deps) *HTTP {
	return &HTTP{cfg: cfg, pipeline: deps.Pipeline, gates: deps.Gates}
}

// ServeHTTP implements http.Handler.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		refuseMethod(w, r, "GET, POST", "Use POST, or GET for a query.")
		return
	}
	media, ok := answer.Negotiate(r.Header)
	if !ok {
		answer.Refuse(w, r, fault.New(fault.NotAcceptable, "Accept %s or %s.", answer.GraphQL, answer.JSON))
		return
	}
	refused := h.lacks(r.Header)
	var params operation.Params
	if refused == nil {
		params, refused = h.params(r)
	}
	if refused != nil {
		answer.Refuse(w, r, refused)
		return
	}
	h.run(w, r, media, params)
}

func (h *HTTP) params(r *http.Request) (operation.Params, *fault.Error) {
	if r.Method == http.MethodPost {
		return readBody(r)
	}
	if !h.cfg.AllowSimpleGET && simple(r.Header) {
		return operation.Params{}, fault.New(fault.BadRequest,
			"A GET needs the header X-Operation-Name or Apollo-Require-Preflight, so that no foreign page can send it.")
	}
	return readQuery(r.URL.RawQuery)
}

func (h *HTTP) run(w http.ResponseWriter, r *http.Request, media answer.Media, params operation.Params) {
	op, errs := h.pipeline.Prepare(r.Context(), params)
	if errs != nil {
		answer.Write(w, r, media, h.refusal(media, answer.Code(errs[0])), &graphql.Response{Errors: errs})
		return
	}
	note(r.Context(), op)
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		refuseMethod(w, r, "POST", "Use POST for a mutation.")
		return
	}
	if refusal := h.pipeline.Authorize(r.Context(), op); refusal != nil {
		w.Header().Set("WWW-Authenticate", refusal.Challenge)
		resp := &graphql.Response{Errors: refusal.Errors, Data: []byte("null")}
		answer.Write(w, r, media, media.Status(answer.Code(refusal.Errors[0])), resp)
		return
	}
	var room [fewGates]Admitted
	passed, refused := h.admit(r.Context(), op, w.Header(), room[:0])
	if refused != nil {
		answer.Refuse(w, r, refused)
		return
	}
	h.pipeline.Keep(op)
	resp := h.execute(r.Context(), op, w.Header(), passed)
	answer.Write(w, r, media, h.status(media, resp), resp)
}

// execute tells the gates what became of the operation, also where it panics.
func (h *HTTP) execute(ctx context.Context, op *graphql.OperationContext, answer http.Header, passed []Admitted) *graphql.Response {
	outcome := Outcome{Executed: true, Header: answer}
	defer func() { settle(ctx, passed, outcome) }()
	told := &notes{Context: ctx}
	resp := h.pipeline.Execute(fault.WithStaleNoter(told, &told.stale), op)
	told.headers.copyTo(answer)
	told.stale.addTo(resp, answer)
	outcome.Cost, outcome.Measured = h.tellCost(answer, op, resp)
	access := telemetry.AccessFrom(ctx)
	access.Partial, access.Stale, access.ActualCost = len(resp.Errors) > 0 && !isEmpty(resp), told.stale.count(), outcome.Cost.Actual
	return resp
}

func refuseMethod(w http.ResponseWriter, r *http.Request, allow, text string) {
	w.Header().Set("Allow", allow)
	answer.Refuse(w, r, fault.New(fault.MethodNotAllowed, "%s", text))
}

func note(ctx context.Context, op *graphql.OperationContext) {
	access := telemetry.AccessFrom(ctx)
	access.Operation, access.Kind = op.OperationName, string(op.Operation.Operation)
	access.Document, access.Cost = operation.Document(op), operation.Estimate(op)
}
