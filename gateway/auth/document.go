package auth

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/gateway/answer"
)

// Refusal says that nothing of an operation is for its caller.
type Refusal struct {
	// Errors has one for every root field, in the order of the document; all have the same code.
	Errors gqlerror.List
	// Challenge is the WWW-Authenticate of the answer (RFC 6750, section 3).
	Challenge string
}

// Decide judges an operation by its document, before anything is executed: it is refused where every root field is. An operation of
// which a part is allowed is executed, and the directives refuse the rest field by field.
func Decide(ctx context.Context, op *graphql.OperationContext, root *ast.Definition) *Refusal {
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{root.Name})
	var errs gqlerror.List
	var scopes []string
	for _, field := range fields {
		refused, missing := requirementOf(field.Definition).decide(ctx)
		if refused == nil {
			return nil
		}
		scopes = append(scopes, missing...)
		errs = append(errs, at(field.Field, answer.Error(ctx, refused)))
	}
	if len(errs) == 0 {
		return nil
	}
	return &Refusal{Errors: errs, Challenge: challenge(scopes)}
}

func at(field *ast.Field, e *gqlerror.Error) *gqlerror.Error {
	e.Path = ast.Path{ast.PathName(field.Alias)}
	if field.Position != nil {
		e.Locations = []gqlerror.Location{{Line: field.Position.Line, Column: field.Position.Column}}
	}
	return e
}

func challenge(missing []string) string {
	if len(missing) == 0 {
		return `Bearer realm="graphql"` // section 3.1: no error code for a request without a credential
	}
	return `Bearer realm="graphql", error="insufficient_scope", scope="` + strings.Join(missing, " ") + `"`
}

// requirementOf reads the directives of a field's definition. @requiresScopes is not repeatable, so there is one at the most.
func requirementOf(field *ast.FieldDefinition) requirement {
	var req requirement
	if field == nil { // __typename of gqlparser's older documents
		return req
	}
	req.authenticated = field.Directives.ForName("authenticated") != nil
	if d := field.Directives.ForName("requiresScopes"); d != nil {
		req.scopes = scopesOf(d.Arguments.ForName("scopes"))
	}
	return req
}

// scopesOf reads [["a", "b"], ["c"]]. A value alone stands for a list of one (GraphQL, section 3.11).
func scopesOf(argument *ast.Argument) [][]string {
	if argument == nil {
		return nil
	}
	var alternatives [][]string
	for _, list := range items(argument.Value) {
		var scopes []string
		for _, scope := range items(list) {
			scopes = append(scopes, scope.Raw)
		}
		alternatives = append(alternatives, scopes)
	}
	return alternatives
}

func items(v *ast.Value) []*ast.Value {
	if v.Kind != ast.ListValue {
		return []*ast.Value{v}
	}
	values := make([]*ast.Value, len(v.Children))
	for n, child := range v.Children {
		values[n] = child.Value
	}
	return values
}
