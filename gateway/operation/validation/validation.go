package validation

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

// MaxErrors is how many errors a result has at the most: a document can have as many as it has tokens.
const MaxErrors = 20

// Validator validates documents for one schema. It is safe for concurrent use.
type Validator struct {
	schema *ast.Schema
	rules  []validator.Rule
}

// New makes a Validator. With suggestions its errors guess at misspelt names, which tells the schema to whoever asks often enough.
func New(schema *ast.Schema, suggestions bool) *Validator {
	return &Validator{schema: schema, rules: specified(suggestions)}
}

// Result is what validating came to.
type Result struct {
	// Errors are at most MaxErrors; none means that the document is valid, if it was compared to the end.
	Errors []*gqlerror.Error
	// Comparisons is how many steps the comparison of overlapping fields took. More than the bound means that it was not finished.
	Comparisons int
}

// Validate validates the document and completes its nodes with their definitions, as gqlparser does. Its fragments must not be spread
// within themselves. The comparison of overlapping fields ends after so many steps.
func (v *Validator) Validate(doc *ast.QueryDocument, comparisons int) Result {
	if errs := v.byRules(doc); len(errs) > 0 {
		return Result{Errors: errs}
	}
	o := overlap{schema: v.schema, most: comparisons}
	for _, operation := range doc.Operations {
		o.visit([]ast.SelectionSet{operation.SelectionSet}, shape|identity, nil)
	}
	return Result{Errors: o.errs, Comparisons: o.steps}
}
