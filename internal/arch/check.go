package arch

import "fmt"

// check reports the violations of one file.
func (r Rules) check(f source) []string {
	var found []string
	report := func(format string, args ...any) {
		found = append(found, f.name+": "+fmt.Sprintf(format, args...))
	}
	if _, known := r.row(f.pkg); !known {
		report("no row of the table matches the package %s: give it one, with its reason", f.pkg)
		return found
	}
	for _, imp := range f.ours {
		if why := r.refuse(f, imp); why != "" {
			report("%s must not import %s: %s", f.pkg, imp, why)
		}
	}
	for _, imp := range f.others {
		if why := r.refuseLibrary(f, imp); why != "" {
			report("%s must not import %s: %s", f.pkg, imp, why)
		}
	}
	if f.test || f.generated {
		return found
	}
	if f.inits > 0 {
		report("init functions hide the order of things: construct it where it is used")
	}
	for _, imp := range f.blank {
		if imp != "embed" {
			report("blank import of %s: a registry filled by imports cannot be found by reading", imp)
		}
	}
	return found
}

// refuse says why a file may not import a package of this module, "" if it may.
func (r Rules) refuse(f source, imp string) string {
	row, _ := r.row(f.pkg)
	switch {
	case imp == f.pkg && f.test:
		return "" // an external test package
	case matches(r.Roof, imp):
		return "nothing stands above it"
	case matches(r.Kit, f.pkg) && matches(r.Storefront, imp):
		return "the kit knows no food (Kit and Storefront in the table)"
	case f.test && !matches(r.Kit, f.pkg):
		return "" // the storefront's tests put its parts together as they like
	case f.test && matches(r.Kit, imp):
		return ""
	case matches(row.Imports, imp):
		return ""
	}
	return fmt.Sprintf("the row %q allows %q (%s)", row.Pkg, row.Imports, row.Why)
}

// refuseLibrary says why a file may not import a package of another module, ""
// if it may.
func (r Rules) refuseLibrary(f source, imp string) string {
	for _, lib := range r.Libraries {
		switch {
		case !isBelow(lib.Path, imp):
		case matches(lib.Pkgs, f.pkg), f.test && matches(lib.Tests, f.pkg):
			return ""
		default:
			return fmt.Sprintf("%s is confined to %q, in tests also to %q (%s)", lib.Path, lib.Pkgs, lib.Tests, lib.Why)
		}
	}
	return "a library that is not in the table: a new dependency gets a row with its reason"
}

// row finds the first row for a package.
func (r Rules) row(pkg string) (Row, bool) {
	for _, row := range r.Packages {
		if matches(row.Pkg, pkg) {
			return row, true
		}
	}
	return Row{}, false
}
