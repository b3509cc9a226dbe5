//go:build !race

package checkout

const pairs = 1000
