#!/bin/sh
# Generates the Go code of both schemas: the gateway's and the one of the example that is somebody else's gqlgen server.
set -eu

go run github.com/99designs/gqlgen generate
cd examples/byo/gateway
go run github.com/99designs/gqlgen generate
