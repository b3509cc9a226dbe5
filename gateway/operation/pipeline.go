package operation

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/gateway/answer"
	"tiffin/gateway/auth"
	"tiffin/gateway/operation/cost"
	"tiffin/gateway/operation/limits"
	"tiffin/gateway/operation/required"
	"tiffin/gateway/operation/validation"
	"tiffin/gateway/operation/variables"
	"tiffin/gateway/persisted"
	"tiffin/identity"
	"tiffin/telemetry"
)

// Deps are a Pipeline's collaborators.
type Deps struct {
	Schema graphql.ExecutableSchema
	// Persisted are documents that requests can name; nil where they bring their text, always.
	Persisted *persisted.Documents
	// PerResponse makes the context that one response is executed in, such as one with dataloaders of its own; nil for none.
	PerResponse func(context.Context) context.Context
	// OnExceeded is told of each limit that an operation exceeds and that is only measured; nil for a line in the log. It must not block.
	OnExceeded func(context.Context, limits.Exceeded)
	Logger     *slog.Logger
}

// Pipeline runs operations. It is safe for concurrent use.
type Pipeline struct {
	cfg        Config
	schema     *ast.Schema
	policy     *auth.Policy
	persisted  *persisted.Documents
	documents  *documents
	executable graphql.ExecutableSchema
	// perResponse is Deps.PerResponse.
	perResponse func(context.Context) context.Context
	required    *required.Enforcer
	onExceeded  func(context.Context, limits.Exceeded)
	logger      *slog.Logger
	panics      atomic.Uint64
	// recover is recovered, as one value for all operations.
	recover graphql.RecoverFunc
}

// New makes a Pipeline of a Config that is valid. It logs what of the schema's @cost and @listSize makes no sense.
func New(cfg Config, deps Deps) *Pipeline {
	cfg = cfg.WithDefaults()
	schema := deps.Schema.Schema()
	model, problems := cost.New(schema, cfg.Cost.ListSize)
	for _, text := range problems {
		deps.Logger.Warn("schema", slog.String("ignored", text))
	}
	policy := auth.NewPolicy(schema)
	p := &Pipeline{
		cfg: cfg, schema: schema, policy: policy, persisted: deps.Persisted, onExceeded: deps.OnExceeded, logger: deps.Logger,
		executable: deps.Schema, perResponse: deps.PerResponse, required: required.New(schema),
		documents: &documents{
			limits: cfg.Limits, validator: validation.New(schema, cfg.Suggestions), model: model, policy: policy,
			response: cfg.Cost.counts(), cache: newCache(cfg.CacheBytes), checking: newChecking(cfg.Deadline),
		},
	}
	p.recover = p.recovered
	return p
}

// Params are a request as it came: unchecked. The values of Variables are those of JSON, with whole numbers as int64.
type Params struct {
	// Query is the document, DocumentID its name; one of them can be empty.
	Query, DocumentID, OperationName string

	Variables, Extensions map[string]any
}

// Prepare checks the request. Errors mean that it cannot be executed.
func (p *Pipeline) Prepare(ctx context.Context, params Params) (*graphql.OperationContext, gqlerror.List) {
	keep, refused := p.resolve(ctx, &params)
	if refused != nil {
		return nil, gqlerror.List{answer.Error(ctx, refused)}
	}
	op, problems := p.prepare(ctx, params)
	if problems != nil {
		return nil, show(ctx, problems...)
	}
	knownOf(op).keep = keep
	return op, nil
}

// Keep remembers the document of an operation that Prepare returned, where its client brought it to name it from then on. It is for
// operations that their callers may have and have a quota for: what strangers can make the gateway keep is bounded by that.
func (p *Pipeline) Keep(op *graphql.OperationContext) {
	if k := knownOf(op); k != nil && k.keep != nil {
		k.keep()
	}
}

// resolve finds the text of a document that is named. keep is nil, or to be called once it has turned out to be valid.
func (p *Pipeline) resolve(ctx context.Context, params *Params) (keep func(), refused *fault.Error) {
	if p.persisted != nil {
		request := persisted.Request{Text: params.Query, ID: params.DocumentID, Extensions: params.Extensions}
		params.Query, keep, refused = p.persisted.Resolve(ctx, request)
		return keep, refused
	}
	if params.Query == "" {
		return nil, fault.New(fault.BadRequest, "The parameter query is missing.")
	}
	return nil, nil
}

func (p *Pipeline) prepare(ctx context.Context, params Params) (*graphql.OperationContext, []problem) {
	doc, problems := p.documents.get(ctx, params.Query)
	if problems != nil {
		return nil, problems
	}
	p.report(ctx, doc.exceeded)
	operation := doc.operation(params.OperationName)
	if bad := p.unusable(ctx, doc, operation); bad != nil {
		return nil, []problem{*bad}
	}
	values, problems := p.variables(ctx, operation, params.Variables)
	if problems != nil {
		return nil, problems
	}
	estimate := operation.cost.Estimate(values)
	if problems := p.afford(ctx, estimate); problems != nil {
		return nil, problems
	}
	op := p.operation(doc.doc, operation, params, values)
	op.Stats.SetExtension(knownKey, &known{prepared: operation, estimate: estimate})
	return op, nil
}

// report tells of what is only measured.
func (p *Pipeline) report(ctx context.Context, exceeded []limits.Exceeded) {
	for _, e := range exceeded {
		switch {
		case e.Refused():
		case p.onExceeded != nil:
			p.onExceeded(ctx, e)
		default:
			p.logger.LogAttrs(ctx, slog.LevelWarn, "limit exceeded", slog.String("request_id", telemetry.RequestFrom(ctx).ID),
				slog.String("code", string(e.Code)), slog.Int("found", e.Found), slog.Int("allowed", e.Allowed))
		}
	}
}

// unusable says why the operation is not one to execute, nil if it is.
func (p *Pipeline) unusable(ctx context.Context, doc *entry, operation *prepared) *problem {
	switch {
	case operation == nil && len(doc.operations) > 1:
		return &problem{code: fault.BadRequest, text: "The document has several operations, and operationName names none of them."}
	case operation == nil:
		return &problem{code: fault.BadRequest, text: "operationName does not name the document's operation."}
	case operation.Operation == ast.Subscription:
		return &problem{code: fault.BadRequest, text: "Subscriptions are not served over this transport."}
	case operation.introspects && !p.introspectable(ctx):
		return &problem{code: fault.ValidationFailed, text: "Introspection is off."}
	default:
		return nil
	}
}

// introspectable reports whether the caller of ctx may read the schema.
func (p *Pipeline) introspectable(ctx context.Context) bool {
	if p.cfg.Introspection || p.cfg.IntrospectionScope == "" {
		return p.cfg.Introspection
	}
	caller, known := identity.From(ctx)
	return known && caller.HasScope(p.cfg.IntrospectionScope)
}

// variables holds the values against the limits, and coerces them to the types that the operation declares.
func (p *Pipeline) variables(ctx context.Context, operation *prepared, raw map[string]any) (map[string]any, []problem) {
	exceeded := p.cfg.Limits.Values(raw)
	p.report(ctx, exceeded)
	if problems := refusals(exceeded); problems != nil {
		return nil, problems
	}
	values, wrong := variables.Coerce(p.schema, operation.OperationDefinition, raw)
	if wrong != nil {
		return nil, []problem{{code: fault.BadUserInput, text: wrong.Error()}}
	}
	return values, operation.conditions.check(values)
}

// operation is what gqlgen executes. Whether it may introspect was decided before.
func (p *Pipeline) operation(doc *ast.QueryDocument, definition *prepared, params Params, variables map[string]any) *graphql.OperationContext {
	return &graphql.OperationContext{
		RawQuery: params.Query, Doc: doc, Operation: definition.OperationDefinition, OperationName: definition.Name,
		Variables: variables, Extensions: params.Extensions,
		DisableIntrospection: !definition.introspects, RecoverFunc: p.recover,
		ResolverMiddleware:     func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
	}
}

// root is the type of the operation's root fields. A valid document has one.
func (p *Pipeline) root(op *graphql.OperationContext) *ast.Definition {
	if op.Operation.Operation == ast.Mutation {
		return p.schema.Mutation
	}
	return p.schema.Query
}

// Authorize says whether the document alone shows that nothing of the operation is for the caller of ctx; nil if it does not. What of it
// is not is withheld from then on.
func (p *Pipeline) Authorize(ctx context.Context, op *graphql.OperationContext) *auth.Refusal {
	return p.policy.Decide(ctx, op, p.root(op), knownOf(op).guards)
}
