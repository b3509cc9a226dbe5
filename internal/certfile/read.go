package certfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"tiffin/fault"
)

// maxFile bounds each file, in bytes.
const maxFile = 1 << 20

// text is what the file has.
func (f File) text() ([]byte, error) {
	info, err := os.Stat(f.Name) // before it is opened: to open a pipe is to wait
	switch {
	case err != nil:
		return nil, f.unreadable(err)
	case !info.Mode().IsRegular():
		return nil, f.bad("is no file", "name one in PEM", nil)
	}
	opened, err := os.Open(f.Name)
	if err != nil {
		return nil, f.unreadable(err)
	}
	defer func() { _ = opened.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	switch {
	case err != nil:
		return nil, f.unreadable(err)
	case len(text) > maxFile:
		return nil, f.bad("is longer than 1 MiB", "leave in it only what is needed", nil)
	}
	return text, nil
}

func (f File) unreadable(err error) *Error {
	why := err
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		why = of.Err // the file is named already
	}
	return f.bad(fmt.Sprintf("cannot be read: %v", why), "put it there, for the user of this process to read", err)
}

func (f File) bad(reason, remedy string, cause error) *Error {
	return &Error{fault.Invalid{Path: f.Key, Reason: f.Name + " " + reason, Remedy: remedy}, cause}
}
