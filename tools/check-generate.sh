#!/bin/sh
# Fails when the generated Go code is not what the schema and gqlgen.yml give, here
# and in the example that is a gqlgen server. It compares files before and after,
# not with a commit, so that it also holds for work in progress; afterwards the
# code is up to date.
set -eu

checksums() { find graph examples/byo/gateway/graph -type f -exec cksum {} + | sort -k 3; }

before=$(checksums)
sh tools/generate.sh
after=$(checksums)

if [ "$before" != "$after" ]; then
	echo 'graph/ or examples/byo/gateway/graph/ was not up to date with schema, gqlgen.yml and bound types.' >&2
	echo 'It has been generated anew: look at the difference and commit it.' >&2
	exit 1
fi
