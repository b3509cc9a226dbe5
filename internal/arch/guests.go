package arch

import (
	"fmt"
	"io/fs"
	"path"
)

// Guests reports every import, in the Go files below dir, of a package of this
// module that is not kit: those files are modules of others, such as the
// examples, and build on nothing else of this one.
func Guests(fsys fs.FS, dir string, rules Rules) ([]string, error) {
	module, err := modulePath(fsys)
	if err != nil {
		return nil, err
	}
	var found []string
	err = fs.WalkDir(fsys, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".go" {
			return err
		}
		f, err := parse(fsys, module, name)
		for _, imp := range f.ours {
			if !matches(rules.Kit, imp) {
				found = append(found, fmt.Sprintf("%s must not import %s: other modules build on the kit alone", name, imp))
			}
		}
		return err
	})
	return found, err
}
