package strict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// withComments is the parser's mode that keeps them.
const withComments = parser.ParseComments

// comments are the comments that stand directly above keys, by the key's path.
func comments(root ast.Node) map[string]string {
	found := map[string]string{}
	collect(root, "", found)
	return found
}

func collect(node ast.Node, path string, found map[string]string) {
	if sequence, ok := node.(*ast.SequenceNode); ok {
		for i, element := range sequence.Values {
			collect(element, fmt.Sprintf("%s[%d]", path, i), found)
		}
		return
	}
	entries, _ := mapping(node)
	for _, entry := range entries {
		at := join(path, entry.Key.String())
		if text := directlyAbove(entry); text != "" {
			found[at] = text
		}
		collect(entry.Value, at, found)
	}
}

// directlyAbove is the comment without an empty line between it and the key. The parser counts all that is before the key as its comment.
func directlyAbove(entry *ast.MappingValueNode) string {
	group := entry.GetComment()
	if group == nil {
		return ""
	}
	var lines []string
	below := entry.Key.GetToken().Position.Line
	for _, comment := range slices.Backward(group.Comments) {
		token := comment.GetToken()
		if token.Position.Line != below-1 {
			break
		}
		below--
		lines = append([]string{strings.TrimSpace(token.Value)}, lines...)
	}
	return strings.Join(lines, " ")
}
