// Package arch keeps the picture in ARCHITECTURE.md true: it reads the module's
// Go files and says where an import, an init function or a blank import is not
// what the table allows. It reads the files themselves, because the result of a
// test that asks the go command stays cached after a violation.
//
//	table.go     who may import whom, as data, each row with its reason
//	pattern.go   the patterns in the table
//	source.go    the files
//	check.go     the rules
//	guests.go    the rule for other modules
package arch

import "io/fs"

// Rules are what Check holds a module to.
type Rules struct {
	Packages  []Row     // our own imports; the first row that matches a package counts
	Libraries []Library // third-party imports; the first row that matches a path counts

	// Kit and Storefront are patterns of packages. The kit, tests included, never
	// imports the storefront.
	Kit, Storefront string

	// Roof is a pattern of packages that nobody imports.
	Roof string
}

// Row says what of this module the packages that match Pkg may import. Both are
// patterns (see matches).
type Row struct{ Pkg, Imports, Why string }

// Library says who may import the packages below Path, of other modules: the
// packages that match Pkgs and, in test files only, those that match Tests.
type Library struct{ Path, Pkgs, Tests, Why string }

// Check reports every violation in the module whose root is fsys, sorted by file,
// as one sentence each. The error is about files that cannot be read or parsed.
func Check(fsys fs.FS, rules Rules) ([]string, error) {
	files, err := load(fsys)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, f := range files {
		found = append(found, rules.check(f)...)
	}
	return found, nil
}
