package checkout

import (
	"bytes"
	"errors"
	"strings"

	"tiffin/checkout/journal"
)

// nextVersion is what the next release may do to rows: states with other names, parts with another beginning.
func nextVersion() codec {
	const mark, state = "v2:", "S-"
	parts := func(row *journal.Row, each func([]byte) ([]byte, error)) error {
		var errs []error
		for _, part := range []*[]byte{&row.Request, &row.Data, &row.Result} {
			if *part != nil {
				changed, err := each(*part)
				*part, errs = changed, append(errs, err)
			}
		}
		return errors.Join(errs...)
	}
	return codec{
		version: rowVersion + 1,
		write: func(row journal.Row) (journal.Row, error) {
			row.State = state + row.State
			return row, parts(&row, func(part []byte) ([]byte, error) { return append([]byte(mark), part...), nil })
		},
		read: func(row journal.Row) (journal.Row, error) {
			row.State = strings.TrimPrefix(row.State, state)
			return row, parts(&row, func(part []byte) ([]byte, error) {
				plain, ok := bytes.CutPrefix(part, []byte(mark))
				if !ok {
					return part, errors.New("not of this version")
				}
				return plain, nil
			})
		},
	}
}
