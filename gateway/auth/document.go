package auth

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tiffin/fault"
	"tiffin/gateway/answer"
)

// Refusal says that nothing of an operation is for its caller.
type Refusal struct {
	// Errors has one for every root field that is refused, in the order of the document.
	Errors gqlerror.List
	// Challenge is the WWW-Authenticate of the answer (RFC 6750, section 3).
	Challenge string
}

// Decide judges an operation by its document, before anything is fetched. It is refused where every root field is, or one that must not be
// null: no data could come of it. Of an operation of which a part is allowed the rest is withheld: its fields are null, each with its
// error, and so is every object that would be null without them, which is not fetched at all.
func (p *Policy) Decide(ctx context.Context, op *graphql.OperationContext, root *ast.Definition, guards Guards) *Refusal {
	verdicts := p.judge(ctx, guards)
	if verdicts == nil {
		return nil
	}
	w := &withheld{policy: p, op: op, verdicts: verdicts, left: maxSteps, lost: map[*ast.Field]map[string]*loss{}}
	refusal := w.roots(ctx, root)
	if refusal == nil {
		op.ResolverMiddleware = w.resolve
	}
	return refusal
}

// verdict is what a rule comes to for a caller: nil where they may.
type verdict struct {
	refused *fault.Error
	missing []string
}

// judge decides each rule that the operation has; nil where none refuses.
func (p *Policy) judge(ctx context.Context, guards Guards) (verdicts []verdict) {
	for _, place := range guards {
		refused, missing := p.rules[place].decide(ctx)
		if refused == nil {
			continue
		}
		if verdicts == nil {
			verdicts = make([]verdict, len(p.rules))
		}
		verdicts[place] = verdict{refused, missing}
	}
	return verdicts
}

// roots decides the root fields, and all that is below them.
func (w *withheld) roots(ctx context.Context, root *ast.Definition) *Refusal {
	var errs gqlerror.List
	var scopes []string
	fields := graphql.CollectFields(w.op, w.op.Operation.SelectionSet, w.policy.implements[root.Name])
	fatal := false
	for _, field := range fields {
		lost := w.field(root.Name, field, "")
		if lost == nil {
			continue
		}
		fatal = fatal || field.Definition.Type.NonNull
		scopes = append(scopes, lost.missing...)
		errs = append(errs, lost.at(ctx, field, nil))
	}
	if len(errs) == 0 || len(errs) < len(fields) && !fatal {
		return nil
	}
	return &Refusal{Errors: errs, Challenge: challenge(scopes)}
}

// at presents the refusal of a field: its path is that of the parent with the field's own and what leads to the refused one below it.
func (l *loss) at(ctx context.Context, field graphql.CollectedField, parent ast.Path) *gqlerror.Error {
	e := answer.Error(ctx, l.refused)
	e.Path = append(append(e.Path, parent...), ast.PathName(field.Alias))
	e.Path = append(e.Path, l.below...)
	if at := l.node.Position; at != nil {
		e.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
	return e
}

func challenge(missing []string) string {
	if len(missing) == 0 {
		return `Bearer realm="graphql"` // section 3.1: no error code for a request without a credential
	}
	return `Bearer realm="graphql", error="insufficient_scope", scope="` + strings.Join(missing, " ") + `"`
}
