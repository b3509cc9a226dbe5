package ratelimit

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sleep lets fake time pass.
func sleep(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // fake time, in bubbles only
