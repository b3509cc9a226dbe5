//go:build !race

package main

// raceDetector says that this test takes several times the memory and the time of the program.
const raceDetector = false
