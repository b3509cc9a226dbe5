// Package tiffin holds what stands in the repository's root for people and is part of the program as well.
package tiffin

import _ "embed"

//go:embed tiffin.example.yaml
var example []byte

// Example is tiffin.example.yaml: every key of the configuration, with its default and what it does.
func Example() []byte { return append([]byte(nil), example...) }
