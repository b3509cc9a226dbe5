package operation

import (
	"context"
	"errors"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"tiffin/fault"
	"tiffin/gateway/auth"
	"tiffin/gateway/operation/cost"
	"tiffin/gateway/operation/limits"
	"tiffin/gateway/operation/validation"
	"tiffin/telemetry"
)

// documents turns text into documents that are valid for the schema and within the limits.
type documents struct {
	limits    limits.Config
	validator *validation.Validator
	model     *cost.Model
	policy    *auth.Policy
	// response makes cost functions work for responses too.
	response bool
	cache    *cache
	checking *checking
}

// get returns the document, which is shared and must not be changed, or what is wrong with the text.
func (d *documents) get(ctx context.Context, text string) (*entry, []problem) {
	if e, ok := d.cache.get(text); ok {
		return e, nil
	}
	leave, refused := d.checking.enter(ctx, text)
	if refused != nil {
		return nil, []problem{*refused}
	}
	defer leave()
	if e, ok := d.cache.get(text); ok { // somebody else was quicker
		return e, nil
	}
	e, problems := d.read(text)
	if problems == nil {
		d.cache.add(e)
	}
	return e, problems
}

// read goes from what costs least to what costs most: each step relies on the bounds that those before it hold.
func (d *documents) read(text string) (*entry, []problem) {
	e := &entry{text: text}
	var problems []problem
	if e.doc, problems = d.parse(e); problems != nil {
		return nil, problems
	}
	report := d.limits.Document(e.doc)
	if e.exceeded = append(e.exceeded, report.Exceeded...); limits.AnyRefused(report.Exceeded) {
		return nil, refusals(report.Exceeded)
	}
	if report.Cycle != nil {
		return nil, []problem{cyclic(report.Cycle)}
	}
	if problems = d.validate(e); problems != nil {
		return nil, problems
	}
	inline(e.doc)
	hash := telemetry.Hash(text)
	for _, definition := range e.doc.Operations {
		e.operations = append(e.operations, prepared{
			definition, d.model.Compile(definition, d.response), d.policy.Guards(definition), conditionsOf(definition), hash,
			introspects(definition.SelectionSet, map[string]bool{}),
		})
	}
	e.weight = weigh(text, report.Nodes, e.operations)
	return e, nil
}

func (d *documents) parse(e *entry) (*ast.QueryDocument, []problem) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: e.text}, d.limits.Tokens.Max)
	if err != nil && len(e.text) > d.limits.Tokens.Max { // else it cannot have too many
		if found := d.tokens(e.text); found > d.limits.Tokens.Max {
			exceeded := d.limits.TooManyTokens(found)
			if e.exceeded = append(e.exceeded, exceeded); exceeded.Refused() {
				return nil, refusals(e.exceeded)
			}
			doc, err = parser.ParseQueryWithTokenLimit(&ast.Source{Input: e.text}, d.limits.Tokens.Ceiling())
		}
	}
	switch {
	case err != nil:
		return nil, []problem{parseProblem(err)}
	case len(doc.Operations) == 0:
		return nil, []problem{{code: fault.ParseFailed, text: "The document has no operation."}}
	default:
		return doc, nil
	}
}

// tokens counts as the parser does, up to one more than the limit's ceiling.
func (d *documents) tokens(text string) int {
	lex := lexer.New(&ast.Source{Input: text})
	for n := 0; ; n++ {
		if token, err := lex.ReadToken(); err != nil || token.Kind == lexer.EOF || n > d.limits.Tokens.Ceiling() {
			return n
		}
	}
}

func parseProblem(err error) problem {
	var e *gqlerror.Error
	if !errors.As(err, &e) {
		return problem{code: fault.ParseFailed, text: err.Error()}
	}
	return problem{code: fault.ParseFailed, text: e.Message, at: e}
}

func cyclic(it *ast.FragmentSpread) problem {
	at := &gqlerror.Error{Locations: []gqlerror.Location{{Line: it.Position.Line, Column: it.Position.Column}}}
	return problem{code: fault.ValidationFailed, text: `Cannot spread fragment "` + it.Name + `" within itself.`, at: at}
}

func (d *documents) validate(e *entry) []problem {
	result := d.validator.Validate(e.doc, d.limits.Comparisons.Ceiling())
	var problems []problem
	for _, err := range result.Errors {
		problems = append(problems, problem{code: fault.ValidationFailed, text: err.Message, at: err})
	}
	if problems != nil || result.Comparisons <= d.limits.Comparisons.Max {
		return problems
	}
	exceeded := d.limits.TooManyComparisons(result.Comparisons)
	if e.exceeded = append(e.exceeded, exceeded); exceeded.Refused() {
		return refusals([]limits.Exceeded{exceeded})
	}
	return nil
}
