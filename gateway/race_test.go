//go:build race

package gateway_test

// raceAllocations is what the race detector adds to the way of a request.
const raceAllocations = 8
