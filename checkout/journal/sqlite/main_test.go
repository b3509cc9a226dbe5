package sqlite

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"tiffin/internal/testkit"
)

// TestMain also is the process that is killed in crash_test.go.
func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		victim(path)
	}
	testkit.FewerDraws()
	goleak.VerifyTestMain(m)
}
