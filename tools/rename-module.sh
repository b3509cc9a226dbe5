#!/bin/sh
# Gives the module another path, in import lines of Go files, in every go.mod,
# in gqlgen.yml and in .golangci.yml. Strings that only look alike, such as a User-Agent, stay.
set -eu

new=$1
old=$(go list -m)

if ! printf '%s\n' "$new" | grep -Eq '^[a-z0-9][A-Za-z0-9._~/-]*$'; then
	echo 'usage: make module MODULE=example.com/you/tiffin' >&2
	exit 2
fi

# In a regular expression the dots of a path are only dots.
pattern=$(printf '%s\n' "$old" | sed 's/\./\\./g')

files() { find . -name node_modules -prune -o -name .git -prune -o -name "$1" -type f -print; }

# An import stands alone on its line, after an optional name.
files '*.go' | xargs sed -i -E \
	"s#^(import[[:space:]]+|[[:space:]]+)([A-Za-z0-9_.]+[[:space:]]+)?\"$pattern(/[^\"]*)?\"([[:space:]]*//.*)?\$#\1\2\"$new\3\"\4#"

# module, require and replace lines of this module and of those beside it.
files 'go.mod' | xargs sed -i -E \
	"s#(^|[[:space:]])$pattern(/[^[:space:]]*)?([[:space:]]|\$)#\1$new\2\3#"

sed -i -E "s#(^|[[:space:]])$pattern/#\1$new/#" gqlgen.yml
sed -i -E "s#(module-path: )$pattern #\1$new #" .golangci.yml

echo "the module is called $new now; next: make generate, because its imports are sorted anew, then make check"
