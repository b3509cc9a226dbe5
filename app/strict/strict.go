// Package strict reads a YAML file into a struct and says everything that is wrong with it at once, each problem with file, line and
// remedy. A key that the struct does not have is a problem, with the nearest key that it has; so are a repeated key, a value of the
// wrong type, anchors and a second document. Keys that the file leaves out keep the value that the struct had: its default.
package strict

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"tiffin/fault"
)

// maxBytes bounds a configuration file.
const maxBytes = 1 << 20

// Document is a file that was read, to find the line of any key again.
type Document struct {
	file string
	root ast.Node
}

// Problem is something wrong with the file, and where.
type Problem struct {
	File         string
	Line, Column int
	fault.Invalid
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Invalid.Error())
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Invalid.Error())
}

// Problems are all that is wrong with a file, in its order. They are one error, one line each.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Read parses source and fills the struct that into points to, with what the source refers to from outside. The error is of type
// [Problems].
func Read(file string, source []byte, into any, outside Outside) (*Document, error) {
	doc, err := parse(file, source)
	if err != nil {
		return nil, err
	}
	d := decoder{file: file, outside: outside}
	d.value(doc.root, into, "")
	if len(d.problems) > 0 {
		return doc, sorted(d.problems)
	}
	return doc, nil
}

func parse(file string, source []byte) (*Document, error) { return parseWith(file, source, 0) }

func parseWith(file string, source []byte, mode parser.Mode) (*Document, error) {
	if len(source) > maxBytes {
		return nil, one(file, nil, "the file is longer than 1 MiB", "configure less")
	}
	parsed, err := parser.ParseBytes(source, mode)
	if err != nil {
		return nil, syntax(file, err)
	}
	doc := &Document{file: file}
	for _, d := range parsed.Docs {
		if d.Body == nil {
			continue
		}
		if doc.root != nil {
			return nil, one(file, d.Body, "the file holds a second YAML document", "keep one")
		}
		doc.root = d.Body
	}
	return doc, nil
}

// syntax keeps of the parser's error what a person needs: where, and why.
func syntax(file string, err error) Problems {
	var positioned interface {
		GetMessage() string
	}
	problem := Problem{File: file, Invalid: fault.Invalid{Reason: "this is no YAML", Remedy: err.Error()}}
	if errors.As(err, &positioned) {
		problem.Remedy = positioned.GetMessage()
	}
	if token := tokenOf(err); token != nil {
		problem.Line, problem.Column = token.Position.Line, token.Position.Column
	}
	return Problems{problem}
}

// Join is all that is wrong with a file as one error: what Read found, and a package's problems but for those with keys that could not be
// read; nil where nothing is.
func (d *Document) Join(read error, problems []fault.Invalid) error {
	var all Problems
	errors.As(read, &all)
	unread := slices.Clone(all)
	for _, p := range d.Place(problems) {
		if !slices.ContainsFunc(unread, func(bad Problem) bool { return isUnder(bad.Path, p.Path) }) {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return read
	}
	return sorted(all)
}

// isUnder reports whether a path is above's or below it.
func isUnder(above, path string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (above == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Place gives a package's problems the place of their keys. A key that the file does not have is placed at the nearest one above it; where
// there is none it has no line.
func (d *Document) Place(problems []fault.Invalid) Problems {
	placed := make(Problems, len(problems))
	for i, p := range problems {
		placed[i] = place(d.file, find(d.root, p.Path), p)
	}
	return sorted(placed)
}

func one(file string, at ast.Node, reason, remedy string) Problems {
	return Problems{place(file, at, fault.Invalid{Reason: reason, Remedy: remedy})}
}

func place(file string, at ast.Node, problem fault.Invalid) Problem {
	p := Problem{File: file, Invalid: problem}
	if at != nil && at.GetToken() != nil {
		p.Line, p.Column = at.GetToken().Position.Line, at.GetToken().Position.Column
	}
	return p
}

func sorted(problems Problems) Problems {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return problems
}
