//go:build !unix

package sqlite

import (
	"errors"
	"os"
)

// tryLock refuses: without a lock two gateways could run the same order.
func tryLock(*os.File) error { return errors.ErrUnsupported }
