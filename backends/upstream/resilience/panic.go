package resilience

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"tiffin/backends/upstream/call"
)

// PanicError is what became of a panic below a position. It is for the log only.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in the client chain: %v", e.Value) }

// guarded is next.Do without a panic.
func guarded(next call.Position, t call.Trip) (res *http.Response, err error) {
	defer func() {
		if value := recover(); value != nil {
			res, err = nil, &PanicError{value, debug.Stack()}
		}
	}()
	return next.Do(t)
}
