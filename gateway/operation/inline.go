package operation

import "github.com/vektah/gqlparser/v2/ast"

// inline takes @defer off a new document's fragments, which a server may do, so that an answer is whole: nothing here sends the
// parts that would come later.
func inline(doc *ast.QueryDocument) {
	for _, operation := range doc.Operations {
		inlineSelections(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		inlineSelections(fragment.SelectionSet)
	}
}

func inlineSelections(selections ast.SelectionSet) {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			inlineSelections(s.SelectionSet)
		case *ast.InlineFragment:
			s.Directives = withoutDefer(s.Directives)
			inlineSelections(s.SelectionSet)
		case *ast.FragmentSpread:
			s.Directives = withoutDefer(s.Directives)
		}
	}
}

func withoutDefer(directives ast.DirectiveList) ast.DirectiveList {
	if directives.ForName("defer") == nil {
		return directives
	}
	var kept ast.DirectiveList
	for _, d := range directives {
		if d.Name != "defer" {
			kept = append(kept, d)
		}
	}
	return kept
}
