package arch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// source is what the rules want to know of one Go file.
type source struct {
	name      string // slash-separated, from the module's root
	pkg       string // its folder; "." is the root
	test      bool   // name ends in _test.go
	generated bool
	ours      []string // imports of this module, without the module's path
	others    []string // imports of other modules; the standard library is left out
	blank     []string // blank imports of either, and of the standard library
	inits     int      // functions called init
}

// load reads the Go files of the module, without other modules below it and
// without the folders that the go command leaves out.
func load(fsys fs.FS) ([]source, error) {
	module, err := modulePath(fsys)
	if err != nil {
		return nil, err
	}
	var files []source
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return enter(fsys, name)
		case path.Ext(name) != ".go":
			return nil
		}
		f, err := parse(fsys, module, name)
		files = append(files, f)
		return err
	})
	return files, err
}

// enter says fs.SkipDir for folders that hold no packages of this module.
func enter(fsys fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || slices.Contains([]string{"testdata", "node_modules", "vendor"}, base) {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(dir, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// modulePath reads the module's path from go.mod, so that renaming the module
// changes nothing here.
func modulePath(fsys fs.FS) (string, error) {
	data, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return "", err
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && fields[0] == "module" {
			return fields[1], nil
		}
	}
	return "", errors.New("go.mod has no module line")
}

func parse(fsys fs.FS, module, name string) (source, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return source{}, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return source{}, fmt.Errorf("reading imports: %w", err)
	}
	s := source{
		name:      name,
		pkg:       path.Dir(name),
		test:      strings.HasSuffix(name, "_test.go"),
		generated: ast.IsGenerated(file),
		inits:     countInits(file),
	}
	for _, spec := range file.Imports {
		s.add(module, spec)
	}
	return s, nil
}

func (s *source) add(module string, spec *ast.ImportSpec) {
	imp, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return // the parser has accepted it
	}
	if spec.Name != nil && spec.Name.Name == "_" {
		s.blank = append(s.blank, imp)
	}
	first, _, _ := strings.Cut(imp, "/")
	switch {
	case imp == module:
		s.ours = append(s.ours, ".")
	case isBelow(module, imp):
		s.ours = append(s.ours, strings.TrimPrefix(imp, module+"/"))
	case strings.Contains(first, "."):
		s.others = append(s.others, imp)
	}
}

func countInits(file *ast.File) int {
	n := 0
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			n++
		}
	}
	return n
}
