// Package client knows the programs that ask, by what they say of themselves, and which versions are not served any more.
//
//	Identify   the headers → name and version
//	Versions   the chain's position that refuses what is too old
//
// Nothing of it is proof: anybody can write these headers. It is for helping clients, not for keeping anybody out.
package client
