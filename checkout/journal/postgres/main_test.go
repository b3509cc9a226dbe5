package postgres

import (
	"testing"

	"go.uber.org/goleak"

	"tiffin/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.FewerDraws()
	goleak.VerifyTestMain(m)
}
