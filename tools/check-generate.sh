#!/bin/sh
# Fails when the generated Go code is not what the schema and gqlgen.yml give. It
# compares files before and after, not with a commit, so that it also holds for
# work in progress; afterwards the code is up to date.
set -eu

checksums() { find graph -type f -exec cksum {} + | sort -k 3; }

before=$(checksums)
go run github.com/99designs/gqlgen generate
after=$(checksums)

if [ "$before" != "$after" ]; then
	echo 'graph/ was not up to date with schema.graphqls, gqlgen.yml and the bound types.' >&2
	echo 'It has been generated anew: look at the difference and commit it.' >&2
	exit 1
fi
