package operation

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tiffin/fault"
)

// The documents that are remembered: together at most some 200 MB in the worst case, when every token is a field.
const (
	maxCached       = 256
	maxCachedLength = 4 << 10
)

// documents turns text into documents that are valid for the schema.
type documents struct {
	schema    *ast.Schema
	rules     *rules.Rules
	maxTokens int
	cache     *lru.LRU[*ast.QueryDocument]
}

func newDocuments(schema *ast.Schema, cfg Config) *documents {
	return &documents{
		schema: schema, rules: ruleSet(cfg.Suggestions), maxTokens: cfg.MaxTokens,
		cache: lru.New[*ast.QueryDocument](maxCached),
	}
}

// get returns the document, which is shared and must not be changed, or what is wrong with the text.
func (d *documents) get(ctx context.Context, text string) (*ast.QueryDocument, []problem) {
	if doc, ok := d.cache.Get(ctx, text); ok {
		return doc, nil
	}
	doc, problems := d.read(text)
	if problems == nil && len(text) <= maxCachedLength {
		d.cache.Add(ctx, text, doc)
	}
	return doc, problems
}

func (d *documents) read(text string) (*ast.QueryDocument, []problem) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, d.maxTokens)
	if err != nil {
		return nil, []problem{d.parseProblem(err)}
	}
	if len(doc.Operations) == 0 {
		return nil, []problem{{code: fault.ParseFailed, text: "The document has no operation."}}
	}
	var problems []problem
	for _, e := range validator.ValidateWithRules(d.schema, doc, d.rules) {
		problems = append(problems, problem{code: fault.ValidationFailed, text: e.Message, at: e})
	}
	if problems != nil {
		return nil, problems
	}
	inline(doc)
	return doc, nil
}

func (d *documents) parseProblem(err error) problem {
	var e *gqlerror.Error
	if !errors.As(err, &e) {
		return problem{code: fault.ParseFailed, text: err.Error()}
	}
	if e.Message == "exceeded token limit of "+strconv.Itoa(d.maxTokens) { // the parser has no other sign
		text := "The document has more than " + strconv.Itoa(d.maxTokens) + " tokens."
		return problem{code: fault.MaxTokens, text: text}
	}
	return problem{code: fault.ParseFailed, text: e.Message, at: e}
}

// ruleSet is the validation of the specification (GraphQL, section 5), with or without guesses at what was meant.
func ruleSet(suggestions bool) *rules.Rules {
	set := rules.NewDefaultRules()
	if suggestions {
		return set
	}
	for _, silent := range []validator.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		set.RemoveRule(strings.TrimSuffix(silent.Name, "WithoutSuggestions"))
		set.AddRule(silent.Name, silent.RuleFunc)
	}
	return set
}
