package strict

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Outside is where the values are that a file only names, so that no secret needs to be in it:
//
//	${NAME}             a variable of the environment; one that is not set, or empty, is a problem
//	${NAME:-otherwise}  the same with a value for that case, which may be empty
//	${file:/run/secrets/x}  what is in the file, without the line break at its end
//	$$                  a dollar sign
//
// References stand in text only, anywhere in it, and are looked up after the YAML was parsed: whatever comes from outside is text, and is
// not looked at again. No problem that is reported has such a value in it. The zero Outside leaves all of it as it is written.
type Outside struct {
	// Lookup is [os.LookupEnv], Open is [os.Open], or what stands for them in a test.
	Lookup func(name string) (value string, found bool)
	Open   func(name string) (io.ReadCloser, error)
}

// maxFile bounds a file that a value comes from, in bytes.
const maxFile = 64 << 10

// reference is a problem with a reference, and what to do about it.
type reference struct{ reason, remedy string }

func wrong(remedy, reason string, args ...any) *reference {
	return &reference{fmt.Sprintf(reason, args...), remedy}
}

// expand replaces the references in text.
func (o Outside) expand(text string) (string, *reference) {
	if o.Lookup == nil || o.Open == nil || !strings.Contains(text, "$") {
		return text, nil
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		if after, escaped := strings.CutPrefix(rest, "$"); escaped {
			out.WriteByte('$')
			text = after
			continue
		}
		inside, open := strings.CutPrefix(rest, "{")
		name, after, closed := strings.Cut(inside, "}")
		if !open || !closed {
			return "", wrong("write ${NAME}, or $$ for a dollar sign", "has a dollar sign that begins no reference")
		}
		value, bad := o.value(name)
		if bad != nil {
			return "", bad
		}
		out.WriteString(value)
		text = after
	}
}

// value is what one reference stands for.
func (o Outside) value(inside string) (string, *reference) {
	if path, isFile := strings.CutPrefix(inside, "file:"); isFile {
		value, err := o.file(path)
		if err != nil {
			return "", wrong("name an absolute path of a file of text, 64 KiB at most, that this process may read", "needs the file %q: %v", path, err)
		}
		return value, nil
	}
	name, otherwise, hasOther := strings.Cut(inside, ":-")
	if !isVariable(name) {
		return "", wrong("write ${NAME}, ${NAME:-otherwise}, ${file:/path}, or $$ for a dollar sign", "has a reference that names no variable")
	}
	if value, found := o.Lookup(name); found && value != "" {
		return value, nil
	}
	if hasOther {
		return otherwise, nil
	}
	return "", wrong("set it, or write ${"+name+":-} where it may be missing", "needs the variable %s, which is not set or empty", name)
}

func (o Outside) file(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", errors.New("its path is not absolute")
	}
	data, err := o.read(path)
	switch text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"); {
	case err != nil:
		return "", withoutPath(err)
	case len(data) > maxFile:
		return "", errors.New("it is longer than 64 KiB")
	case text == "":
		return "", errors.New("it is empty")
	case !utf8.ValidString(text):
		return "", errors.New("it is no text in UTF-8")
	default:
		return text, nil
	}
}

func (o Outside) read(path string) ([]byte, error) {
	file, err := o.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

// withoutPath is the error without the path, which is said already.
func withoutPath(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// isVariable accepts the names of POSIX ("Environment Variable Definition"), in either case.
func isVariable(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}
