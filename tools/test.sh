#!/bin/sh
# Runs the Go tests, with the race detector, and the browser tests. Where
# something they need is missing it says which tests are left out and how to get
# them; with CI=true that is a failure. Both kinds run even if the first one fails.
set -u

warm_limit='6 minutes'
cold_limit='15 minutes'

failed=0
left_out() { # left_out WHAT HOW
	echo "left out: $1. To have it, $2."
	[ "${CI:-}" = true ] && failed=1
}
have() { command -v "$1" >/dev/null 2>&1; }

race=-race
if ! have gcc; then
	left_out 'the race detector' 'install gcc and the headers of the C library (Debian: gcc libc6-dev)'
	race=''
fi

# A package of the standard library that is not in the build cache is stale.
caches=cold
[ "$(go list $race -trimpath -f '{{.Stale}}' net/http 2>/dev/null)" = false ] && caches=warm
start=$(date +%s)

# The race detector's second of waiting at the end of each package finds nothing here: goleak sees to it that nobody runs any more.
# -trimpath: what one clone has compiled another finds in the cache. The pointers of a C program that was translated to Go are not ours to check,
# and take a third of the time of what goes through SQLite.
GORACE=atexit_sleep_ms=0 go test $race -trimpath -gcflags='modernc.org/...=-d=checkptr=0' ./... || failed=1
# In full what the race detector makes too slow, and what counts the work of one goroutine.
full='InFull|FuzzPrepare|MoneyIsSafe'
# shellcheck disable=SC2046 # paths without spaces
go test -trimpath -run "($full)\$" $(grep -rlE --include='*_test.go' --exclude-dir=node_modules "^func [A-Za-z]*($full)\(" . | xargs -n 1 dirname | sort -u) || failed=1
(cd examples/byo && go test $race -trimpath ./...) || failed=1
have "${XMLLINT:-xmllint}" || left_out 'the check of XML documents against their schema' 'install xmllint (Debian: libxml2-utils)'
have redis-server || left_out 'what several gateways share in a real Redis' 'install redis-server (Debian: redis-server)'
have knotd || left_out 'discovery against a real name server' 'install Knot DNS (Debian: knot)'
# shellcheck disable=SC2086 # a pattern
have initdb || ls ${POSTGRES_BIN:-/usr/lib/postgresql/*/bin}/initdb >/dev/null 2>&1 ||
	left_out 'the journal in PostgreSQL' 'install PostgreSQL (Debian: postgresql), or name the directory of its programs in POSTGRES_BIN'
[ -d internal/testkit/oidctest/provider/node_modules ] && have node ||
	left_out 'tokens of a certified OpenID provider' 'install Node 20.19 or newer, with npm, and run tools/install.sh'
have curl || left_out 'the command line that the demo ends with' 'install curl'

have node && [ -d tools/audit/node_modules ] ||
	left_out 'the audits of GraphQL over HTTP' 'install Node 20.19 or newer, and run npm ci in tools/audit'

if ! have node || ! have npm; then
	left_out 'the browser tests' 'install Node 20.19 or newer, with npm'
elif ! have "${CHROMIUM:-chromium}"; then
	left_out 'the browser tests' 'install Chromium (Debian: chromium)'
else
	make build || failed=1
	for suite in test e2e; do
		(cd web && npm run --silent "$suite") || failed=1
	done
fi

seconds=$(($(date +%s) - start))
echo "took $((seconds / 60)) min $((seconds % 60)) s with $caches caches (limits: $warm_limit warm, $cold_limit cold, on two cores)"
exit "$failed"
