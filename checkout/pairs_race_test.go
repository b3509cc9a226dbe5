//go:build race

package checkout

const pairs = 100
