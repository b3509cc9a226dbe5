//go:build race

package testkit

// Race says that the race detector looks on, which makes everything several times slower and larger.
const Race = true
