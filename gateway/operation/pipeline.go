package operation

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"tiffin/fault"
	"tiffin/gateway/auth"
)

// Deps are a Pipeline's collaborators.
type Deps struct {
	Schema graphql.ExecutableSchema
	// PerResponse makes the context that one response is executed in, such as one with dataloaders of its own; nil for none.
	PerResponse func(context.Context) context.Context
	Logger      *slog.Logger
}

// Pipeline runs operations. It is safe for concurrent use.
type Pipeline struct {
	cfg       Config
	schema    *ast.Schema
	documents *documents
	executor  *executor.Executor
	logger    *slog.Logger
	panics    atomic.Uint64
}

// New makes a Pipeline of a Config that is valid.
func New(cfg Config, deps Deps) *Pipeline {
	cfg = cfg.WithDefaults()
	schema := deps.Schema.Schema()
	p := &Pipeline{
		cfg: cfg, schema: schema, documents: newDocuments(schema, cfg),
		executor: executor.New(deps.Schema), logger: deps.Logger,
	}
	p.executor.SetErrorPresenter(present)
	p.executor.SetRecoverFunc(p.recovered)
	if deps.PerResponse != nil {
		p.executor.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
			return next(deps.PerResponse(ctx))
		})
	}
	return p
}

// Params are a request as it came: unchecked. The values of Variables are those of JSON, with whole numbers as int64.
type Params struct {
	Query, OperationName  string
	Variables, Extensions map[string]any
}

// Prepare checks the request. Errors mean that it cannot be executed.
func (p *Pipeline) Prepare(ctx context.Context, params Params) (*graphql.OperationContext, gqlerror.List) {
	doc, problems := p.documents.get(ctx, params.Query)
	if problems != nil {
		return nil, show(ctx, problems...)
	}
	definition := doc.Operations.ForName(params.OperationName)
	if bad := unusable(doc, definition); bad != nil {
		return nil, show(ctx, *bad)
	}
	variables, bad := p.variables(definition, params.Variables)
	if bad != nil {
		return nil, show(ctx, *bad)
	}
	op := p.operation(doc, definition, params, variables)
	if !p.cfg.Introspection && p.introspects(op) {
		return nil, show(ctx, problem{code: fault.ValidationFailed, text: "Introspection is off."})
	}
	return op, nil
}

// unusable says why the definition is not one to execute, nil if it is.
func unusable(doc *ast.QueryDocument, definition *ast.OperationDefinition) *problem {
	switch {
	case definition == nil && len(doc.Operations) > 1:
		return &problem{code: fault.BadRequest, text: "The document has several operations, and operationName names none of them."}
	case definition == nil:
		return &problem{code: fault.BadRequest, text: "operationName does not name the document's operation."}
	case definition.Operation == ast.Subscription:
		return &problem{code: fault.BadRequest, text: "Subscriptions are not served over this transport."}
	default:
		return nil
	}
}

func (p *Pipeline) variables(definition *ast.OperationDefinition, raw map[string]any) (map[string]any, *problem) {
	values, err := validator.VariableValues(p.schema, definition, raw)
	if err == nil {
		return values, nil
	}
	bad := problem{code: fault.BadUserInput, text: err.Error()}
	if errors.As(err, &bad.at) {
		bad.text = bad.at.Path.String() + ": " + bad.at.Message
		bad.at = nil // the path is that of a variable, not of a field of the answer
	}
	return nil, &bad
}

func (p *Pipeline) operation(doc *ast.QueryDocument, definition *ast.OperationDefinition, params Params, variables map[string]any) *graphql.OperationContext {
	return &graphql.OperationContext{
		RawQuery: params.Query, Doc: doc, Operation: definition, OperationName: definition.Name,
		Variables: variables, Extensions: params.Extensions,
		DisableIntrospection: !p.cfg.Introspection, RecoverFunc: p.recovered,
		ResolverMiddleware:     func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
	}
}

func (p *Pipeline) introspects(op *graphql.OperationContext) bool {
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{p.root(op).Name}) {
		if field.Name == "__schema" || field.Name == "__type" {
			return true
		}
	}
	return false
}

// root is the type of the operation's root fields. A valid document has one.
func (p *Pipeline) root(op *graphql.OperationContext) *ast.Definition {
	if op.Operation.Operation == ast.Mutation {
		return p.schema.Mutation
	}
	return p.schema.Query
}

// Authorize says whether the document alone shows that nothing of the operation is for the caller of ctx; nil if it does not.
func (p *Pipeline) Authorize(ctx context.Context, op *graphql.OperationContext) *auth.Refusal {
	return auth.Decide(ctx, op, p.root(op))
}

// Execute runs the operation. Queries stop when ctx ends, mutations go on: what they have begun must not be left half done. Data of
// nil in the response means that there was no time to begin.
func (p *Pipeline) Execute(ctx context.Context, op *graphql.OperationContext) *graphql.Response {
	if op.Operation.Operation == ast.Mutation {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Deadline)
	defer cancel()
	responses, ctx := p.executor.DispatchOperation(ctx, op)
	resp := responses(ctx)
	if resp == nil {
		resp = &graphql.Response{Errors: gqlerror.List{present(ctx, ctx.Err())}}
	}
	p.log(ctx, op, resp.Errors)
	return resp
}
