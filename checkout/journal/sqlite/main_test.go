package sqlite

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also is the process that is killed in crash_test.go.
func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		victim(path)
	}
	goleak.VerifyTestMain(m)
}
