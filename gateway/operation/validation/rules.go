package validation

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// specified are the rules of the specification, without the one that is ours.
func specified(suggestions bool) []validator.Rule {
	set := rules.NewDefaultRules()
	set.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name)
	if !suggestions {
		silence(set)
	}
	var list []validator.Rule
	for name, run := range set.GetInner() {
		list = append(list, validator.Rule{Name: name, RuleFunc: run})
	}
	return list
}

func silence(set *rules.Rules) {
	for _, silent := range []validator.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		set.RemoveRule(strings.TrimSuffix(silent.Name, "WithoutSuggestions"))
		set.AddRule(silent.Name, silent.RuleFunc)
	}
}

// byRules runs the rules of gqlparser.
func (v *Validator) byRules(doc *ast.QueryDocument) []*gqlerror.Error {
	left := room{errors: MaxErrors, bytes: maxText}
	set := rules.NewRules()
	for _, rule := range v.rules {
		set.AddRule(rule.Name, bounded(rule.RuleFunc, &left))
	}
	full := doc.Fragments
	set.AddRule("~hollow", hollow(doc)) // sorted behind the others
	errs := validator.ValidateWithRules(v.schema, doc, set)
	doc.Fragments = full
	for _, fragment := range full {
		fragment.Definition = v.schema.Types[fragment.TypeCondition]
	}
	return errs
}

// room is what is left for errors: their number, and the bytes of their texts. An error can quote a name that is as long as the
// document, and a document can have as many errors as it has tokens.
type room struct {
	errors, bytes int
}

// maxText is how long the texts of errors may be together, but for the last, in bytes.
const maxText = 16 << 10

// bounded lets a rule report as long as there is room: a text that nobody has room for is not even written.
func bounded(run core.RuleFunc, left *room) core.RuleFunc {
	return func(observers *core.Events, report core.AddErrFunc) {
		run(observers, func(options ...core.ErrorOption) {
			if left.errors <= 0 || left.bytes <= 0 {
				return
			}
			report(append(options, func(e *gqlerror.Error) {
				left.errors--
				left.bytes -= len(e.Message)
			})...)
		})
	}
}

// hollow is no rule. gqlparser walks each operation with the fragments that it reaches, and then each fragment with those that it
// reaches, all over again, which nothing needs: a fragment that no operation reaches is an error by itself. After the last operation
// it puts fragments without their contents into the place of the document's.
func hollow(doc *ast.QueryDocument) core.RuleFunc {
	return func(observers *core.Events, _ core.AddErrFunc) {
		left := len(doc.Operations)
		observers.OnOperation(func(walker *core.Walker, _ *ast.OperationDefinition) {
			if left--; left > 0 {
				return
			}
			shells := make(ast.FragmentDefinitionList, len(doc.Fragments))
			for n, f := range doc.Fragments {
				shells[n] = &ast.FragmentDefinition{Name: f.Name, TypeCondition: f.TypeCondition, Position: f.Position}
			}
			walker.Document.Fragments = shells
		})
	}
}
