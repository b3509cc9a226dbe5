#!/bin/sh
# Runs every fuzz target for the given time, one after the other, as the go
# command wants it.
set -eu
fuzztime=$1

targets=$(grep -rE --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . || true)
if [ -z "$targets" ]; then
	echo 'there are no fuzz targets'
	exit 0
fi
echo "$targets" | while IFS=: read -r file declaration; do
	go test -run '^$' -fuzz "^${declaration#func }\$" -fuzztime "$fuzztime" "$(dirname "$file")"
done
