package delivery_test

import (
	"testing"

	"go.uber.org/goleak"

	"tiffin/internal/demo/catalogue"
)

// world never changes.
var world = catalogue.New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
