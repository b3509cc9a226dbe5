package testkit

import "flag"

// drawsUnderRace is how often a property is tried under the race detector, instead of rapid's hundred: new draws each time, and what
// `go test` tries without it.
const drawsUnderRace = "25"

// FewerDraws lets the properties of a package be tried less often under the race detector. A TestMain calls it, before flags are parsed,
// where a draw takes long: a whole game over HTTP or on a disk. It panics where rapid is not linked.
func FewerDraws() {
	if !Race {
		return
	}
	if err := flag.Set("rapid.checks", drawsUnderRace); err != nil {
		panic("testkit: FewerDraws: " + err.Error())
	}
}
