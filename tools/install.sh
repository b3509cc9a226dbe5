#!/bin/sh
# Installs what the tests need and this machine lacks: Debian packages where we
# are root and apt-get is there, npm packages where npm is. What cannot be
# installed is left to tools/test.sh, which says what it leaves out.
set -eu

packages=''
need() { # need PROGRAM PACKAGES...
	program=$1
	shift
	command -v "$program" >/dev/null 2>&1 || packages="$packages $*"
}

need gcc gcc libc6-dev # the race detector is linked with them
need "${XMLLINT:-xmllint}" libxml2-utils
need "${CHROMIUM:-chromium}" chromium
need knotd knot # a real name server, for discovery
# The journal in PostgreSQL is tested on a real one, which Debian keeps off the PATH.
# shellcheck disable=SC2086 # a pattern
ls ${POSTGRES_BIN:-/usr/lib/postgresql/*/bin}/initdb >/dev/null 2>&1 || need initdb postgresql
need redis-server redis-server # counts, caches and locks of several gateways
need curl curl # the demo ends with a command line, which a test runs

if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing:$packages"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of packages
	apt-get install -qq -y --no-install-recommends $packages >/dev/null
fi

if command -v npm >/dev/null 2>&1; then
	make web/node_modules/.package-lock.json
	make tools/audit/node_modules/.package-lock.json # the audits of GraphQL over HTTP
	make internal/testkit/oidctest/provider/node_modules/.package-lock.json # a certified OpenID provider
fi
