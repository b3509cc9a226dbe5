# Everything that is done to this project is a target of this file; `make help`
# lists them. What takes more than a line is a script in tools/.

MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
TOOL    := go tool -modfile=tools/go.mod

.DEFAULT_GOAL := help

## Run

.PHONY: build
build: ## static binary with a version stamp: bin/tiffin
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tiffin ./cmd/tiffin

.PHONY: run
run: build ## the demo: simulated services, issuer and gateway in one process
	bin/tiffin demo

## Test

.PHONY: test
test: ## all tests, with what they need installed where that is allowed
	sh tools/install.sh
	sh tools/test.sh

.PHONY: test-discovery
test-discovery: ## discovery against a real Consul and Kubernetes API server, where they are: see CONTRIBUTING.md
	go test -race -count=1 -v -tags servers -run '^TestReal' ./backends/upstream/discovery/consul ./backends/upstream/discovery/kubernetes

.PHONY: bench
bench: ## Go benchmarks, with the collector set as the program sets it (cmd/tiffin/memory.go)
	GOGC=400 go test -run '^$$' -bench . -benchmem ./...

.PHONY: chaos chaos-network chaos-orders
chaos: build ## services, gateways and databases fail under load, in real processes; 20 minutes, 4 with CHAOS_KILLS=15
	@failed=0; $(MAKE) chaos-network || failed=1; $(MAKE) chaos-orders || failed=1; exit $$failed
chaos-network: build
	go run ./internal/drill/chaos bin/tiffin
chaos-orders: build
	go run ./internal/drill/orderchaos -kills $(or $(CHAOS_KILLS),200) bin/tiffin

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (1m)
	sh tools/fuzz.sh $(or $(FUZZTIME),1m)

## Check

.PHONY: check
check: check-arch check-fmt lint check-generate test ## all that must hold before a commit

.PHONY: check-arch
check-arch: ## imports against the table in internal/arch
	go test ./internal/arch

.PHONY: check-fmt
check-fmt: ## fails on files that `make fmt` would change
	$(TOOL) golangci-lint fmt --diff

.PHONY: lint
lint: ## golangci-lint; its first build takes minutes
	$(TOOL) golangci-lint run

.PHONY: vuln
vuln: ## known vulnerabilities in what the program calls (asks the Go vulnerability database)
	$(TOOL) govulncheck ./...

.PHONY: check-generate
check-generate: web/node_modules/.package-lock.json ## fails when generated code or the web assets are not up to date
	sh tools/check-generate.sh
	cd web && npm run --silent check

## Change

.PHONY: generate
generate: web/node_modules/.package-lock.json ## GraphQL code from the schema, web assets from their sources
	sh tools/generate.sh
	cd web && npm run --silent build

.PHONY: fmt
fmt: ## formats the Go code
	$(TOOL) golangci-lint fmt

.PHONY: module
module: ## gives the module another path: make module MODULE=example.com/you/tiffin
	sh tools/rename-module.sh '$(MODULE)'

.PHONY: clean
clean: ## removes what was built
	rm -rf bin web/node_modules tools/audit/node_modules internal/testkit/oidctest/provider/node_modules

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^## / { print substr($$0, 4) } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# npm writes this file at the end of an installation.
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci
	touch $@
