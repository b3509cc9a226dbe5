package main

import (
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// memoryShare is the part of the memory that Go may take, of the container or else of the machine; the program itself is in memory too.
	memoryShare = 0.8
	// garbagePercent is Go's GOGC: how much garbage there may be, in percent of what is in use, before it is collected. A gateway keeps
	// little and throws away much, so that Go's own 100 collects all the time.
	garbagePercent = 400
)

// boundMemory tells the garbage collector how much memory there is, and to use it. GOMEMLIMIT and GOGC in the environment win. Where nobody
// knows how much there is, everything stays as Go has it.
func boundMemory() {
	limit, err := memlimit.SetGoMemLimitWithOpts(
		memlimit.WithRatio(memoryShare),
		memlimit.WithProvider(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)),
	)
	_, limited := os.LookupEnv("GOMEMLIMIT")
	if err != nil || limit == 0 && !limited {
		return
	}
	if _, told := os.LookupEnv("GOGC"); !told {
		debug.SetGCPercent(garbagePercent)
	}
}
