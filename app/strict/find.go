package strict

import (
	"errors"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// find follows a path such as "services.orders.url" or "auth.issuers[0].url" as far as the file goes and returns the last node met:
// a key's where there is one; nil where the file has nothing of it.
func find(root ast.Node, path string) ast.Node {
	node, at := root, ast.Node(nil)
	for _, step := range steps(path) {
		next, key := child(node, step)
		if next == nil && key == nil {
			break
		}
		node, at = next, key
	}
	return at
}

// steps splits a path; "issuers[0]" is two steps, "issuers" and "[0]".
func steps(path string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(path, "[", ".["), func(r rune) bool { return r == '.' })
}

// child returns the node below and the node to point at.
func child(node ast.Node, step string) (below, at ast.Node) {
	if sequence, ok := node.(*ast.SequenceNode); ok {
		for i, element := range sequence.Values {
			if step == indexStep(i) {
				return element, element
			}
		}
		return nil, nil
	}
	entries, _ := mapping(node)
	for _, entry := range entries {
		if entry.Key.String() == step {
			return entry.Value, entry.Key
		}
	}
	return nil, nil
}

func indexStep(i int) string { return "[" + strconv.Itoa(i) + "]" }

func distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }

// tokenOf finds where the parser was when it gave up.
func tokenOf(err error) *token.Token {
	var positioned interface{ GetToken() *token.Token }
	if errors.As(err, &positioned) {
		return positioned.GetToken()
	}
	return nil
}
