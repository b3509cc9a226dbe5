package arch

// clients are the typed clients of the services behind the gateway.
const clients = "backends/* -backends/rest -backends/xmlapi -backends/upstream"

// Table is this module's architecture: DESIGN's picture, row by row. A package
// that no row matches is a violation, and so is a library that is not listed.
func Table() Rules {
	return Rules{
		Packages:   packages(),
		Libraries:  libraries(),
		Kit:        "gateway/... engine/... backends/rest backends/xmlapi backends/upstream/... checkout/journal/... fault identity telemetry/... internal/kv/... internal/watch internal/certfile internal/scope internal/testkit/...",
		Storefront: "graph resolvers/... checkout checkout/observe internal/storefront internal/demo/... " + clients,
		Roof:       "cmd/...",
	}
}

func packages() []Row {
	return []Row{
		{"cmd/tiffin", "app internal/demo/... graph", "commands, signals, exit code; all wiring is app's"},
		{".", "", "the files of the root that the program carries along"},
		{"app/strict", "fault", "reads configuration strictly; knows none of its keys"},
		{"app", "...", "the only wiring: construction, start, drain"},

		// Edge
		{"gateway/assets", "gateway/... backends/upstream/body fault", "what it serves are answers of services, which the client chain has in memory already"},
		{"gateway/...", "gateway/... fault identity telemetry internal/kv/... internal/watch internal/certfile internal/scope", "the HTTP edge knows no orders; it is handed an executable schema"},

		// Graph
		{"resolvers/edges", "engine fault internal/storefront " + clients, "every cross-service edge, once, as a batch function"},
		{"resolvers/loaders", "fault", "generic batching; it is handed the edges"},
		{"resolvers", "graph resolvers/* checkout internal/storefront fault identity " + clients, "what each field means, in one line"},
		{"graph", "checkout engine fault identity internal/storefront " + clients, "generated from the schema and the types it binds"},
		{"engine/...", "engine/... fault", "executes any schema"},
		{"checkout/journal/sqlite checkout/journal/postgres", "checkout/journal checkout/journal/batch checkout/journal/schema fault", "a durable driver: one database's SQL"},
		{"checkout/journal/journaltest", "checkout/journal checkout/journal/memory", "the suite of all drivers; the one in memory is the model"},
		{"checkout/journal/*", "checkout/journal fault", "rows, leases, fencing; nothing of orders"},
		{"checkout/journal", "fault", "what a journal is; nothing of orders"},
		{"checkout/observe", "checkout checkout/journal", "the decorator at the checkout's seam"},
		{"checkout", "checkout/journal internal/storefront fault identity " + clients, "places, cancels, resumes and undoes orders; can move into a service of its own"},
		{"backends/rest backends/xmlapi", "backends/upstream/body fault", "a wire format: encode, decode, status to fault"},

		// Network
		{"backends/upstream/discovery/file", "backends/upstream/discovery fault internal/watch", "one way to know a service's instances: a file"},
		{"backends/upstream/discovery/*", "backends/upstream/body backends/upstream/discovery fault", "one way to know a service's instances"},
		{"backends/upstream/discovery", "fault", "what a provider is"},
		{"backends/upstream/balance", "backends/upstream/call backends/upstream/discovery fault", "which instance gets this attempt"},
		{"backends/upstream/health", "backends/upstream/balance backends/upstream/call fault", "which instances to leave out"},
		{"backends/upstream/certs", "backends/upstream/discovery fault internal/certfile", "by what instances are known, and this gateway to them"},
		{"backends/upstream/body/bodytest", "backends/upstream/body", "a transport for tests whose answers are in memory, as the chain's are"},
		{"backends/upstream/body", "", "answers are read once, within a bound"},
		{"backends/upstream/call", "fault", "what the positions pass to each other, and share about one call"},
		{"backends/upstream/resilience", "backends/upstream/body backends/upstream/call fault internal/scope", "how often, how long, how many at once"},
		{"backends/upstream/observe", "backends/upstream/call backends/upstream/discovery backends/upstream/health backends/upstream/resilience internal/scope telemetry/...", "the decorators at the network's seam"},
		{"backends/upstream/status", "backends/upstream/balance backends/upstream/discovery backends/upstream/resilience", "how the services are, for people and scrapes"},
		{"backends/upstream/credential", "backends/upstream/body backends/upstream/call fault identity", "what a service is told of who asks"},
		{"backends/upstream/cache", "backends/upstream/call fault identity internal/kv internal/scope", "which answers may be reused, by whom"},
		{"backends/upstream", "backends/upstream/... fault identity internal/kv telemetry", "how a service is reached; knows no GraphQL"},

		{clients, "backends/rest backends/xmlapi internal/storefront fault identity", "typed client of one service; the services meet in resolvers and checkout"},

		// The ground
		{"fault", "", "the error vocabulary"},
		{"identity", "", "the caller in the context"},
		{"telemetry/...", "telemetry/... fault", "logs, metrics, traces; the decorator at the edge's seam"},
		{"web", "", "the embedded assets and their handler"},
		{"internal/storefront", "", "types that several services share"},
		{"internal/scope", "", "contexts of short work under one that lasts"},
		{"internal/watch", "", "files that somebody else replaces"},
		{"internal/certfile", "fault", "certificates that somebody else replaces, read one way for both ends"},
		{"internal/kv/...", "fault internal/kv/...", "bytes by key with expiry"},
		{"internal/gen/...", "internal/gen/...", "generators; they read text, not our packages"},
		{"internal/drill/crash", "checkout/journal checkout/journal/sqlite checkout/journal/postgres", "processes, over HTTP; it looks at journals from outside, to count what a kill met"},
		{"internal/drill/orderchaos", "internal/drill/crash internal/drill/nextrelease internal/testkit/pgtest", "the drills of orders, with a real PostgreSQL"},
		{"internal/drill/nextrelease", "", "it runs the go command over the source, and imports none of it"},
		{"internal/drill/chaos", "internal/drill", "the drill against real processes"},
		{"internal/drill", "", "speaks HTTP only, to whatever gateway"},
		{"internal/demo/...", "internal/demo/... internal/storefront internal/testkit", "simulated services share no code with the clients they test"},
		{"internal/testkit/contract", "internal/testkit", "contracts in tests; apart, so that the product links no OpenAPI library"},
		{"internal/testkit/httpaudit", "internal/testkit", "the public audits of GraphQL over HTTP; apart, for it starts processes"},
		{"internal/testkit/hostile", "", "answers that no service should give; apart, so that the product links no testing"},
		{"internal/testkit/oidctest", "", "a certified OpenID provider in tests; apart, for it starts processes"},
		{"internal/testkit/pki", "", "authorities of tests; apart, so that the product links none"},
		{"internal/testkit/pgtest", "internal/testkit", "a real PostgreSQL in tests; apart, for it starts processes"},
		{"internal/testkit", "", "what tests and the demo share"},
		{"internal/arch", "", "reads files only"},
	}
}

func libraries() []Library {
	return []Library{
		{"github.com/alecthomas/kong", "cmd/tiffin", "", "flags are the commands' business"},
		{"github.com/KimMachineGun/automemlimit", "cmd/tiffin", "", "how much memory there is, the process asks once"},
		{"github.com/goccy/go-yaml", "app/...", "", "one strict reader of configuration"},
		{"github.com/agnivade/levenshtein", "app/strict", "", "what an unknown key was meant to be"},

		{"github.com/99designs/gqlgen/graphql", "app graph gateway/... engine/... resolvers internal/gen/...", "...", "GraphQL ends where services begin"},
		{"github.com/99designs/gqlgen", "internal/gen/...", "", "the generator is no part of the program"},
		{"github.com/vektah/gqlparser/v2", "graph gateway/... engine/... internal/gen/...", "...", "GraphQL ends where services begin"},
		{"github.com/graph-gophers/dataloader/v7", "resolvers/loaders", "", "wrapped once, for its traps"},

		{"github.com/coreos/go-oidc/v3", "gateway/auth/...", "", "tokens are verified in one place"},
		{"github.com/go-jose/go-jose/v4", "gateway/auth/... internal/demo/...", "", "keys have one reader and one issuer"},
		{"github.com/rs/cors", "gateway/cors", "", "an edge policy"},
		{"github.com/klauspost/compress", "gateway/compress", "", "an edge policy"},

		{"github.com/go-json-experiment/json", "backends/rest backends/upstream/credential gateway/... internal/demo/...", "...", "strict JSON where it comes off the wire"},
		{"github.com/failsafe-go/failsafe-go", "backends/upstream/resilience", "", "the chain knows policies, not their library"},
		{"github.com/eko/gocache", "internal/kv/...", "", "stores have traps; kv hides them"},
		{"github.com/maypok86/otter/v2", "internal/kv/...", "", "stores have traps; kv hides them"},
		{"github.com/redis/go-redis/v9", "internal/kv/... gateway/ratelimit", "", "two users, each with its own fallback, over one link"},
		{"github.com/go-redis/redis_rate/v10", "gateway/ratelimit", "", "the shared rate limit"},
		{"github.com/fsnotify/fsnotify", "internal/watch", "", "files that change are watched in one place"},
		{"github.com/alicebob/miniredis/v2", "", "internal/kv/... backends/upstream/cache gateway/ratelimit app", "a Redis in tests"},
		{"github.com/miekg/dns", "backends/upstream/discovery/dns", "", "a provider's own client"},
		{"modernc.org/sqlite", "checkout/journal/sqlite", "", "a journal's own driver"},
		{"github.com/jackc/pgx/v5", "checkout/journal/postgres internal/drill/crash", "", "a journal's own driver; the drill lets the database write down who drove each row"},
		{"go.opentelemetry.io/otel", "telemetry/... backends/upstream/observe", "", "business code has no span"},
		{"go.opentelemetry.io/proto/otlp", "telemetry/telemetrytest", "", "the collector of tests"},
		{"google.golang.org/protobuf", "telemetry/telemetrytest", "", "the collector of tests"},
		{"github.com/prometheus/client_golang", "telemetry/... backends/upstream/observe backends/upstream/status checkout/observe", "", "business code has no metric"},

		{"github.com/getkin/kin-openapi", "internal/testkit/contract", "", "contracts are checked in tests, the product links none of it"},
		{"github.com/santhosh-tekuri/jsonschema/v6", "", "app", "holds the schema of configuration files to files"},
		{"github.com/google/go-cmp", "", "...", "tests only"},
		{"github.com/rogpeppe/go-internal", "", "...", "tests only"},
		{"go.uber.org/goleak", "", "...", "tests only"},
		{"pgregory.net/rapid", "checkout/journal/journaltest", "...", "tests only, and the suite that they share"},
		{"golang.org/x/net/nettest", "", "internal/testkit", "the conformance suite of net.Conn"},
		{"golang.org/x/sync", "app cmd/tiffin checkout resolvers/... internal/demo/... backends/upstream/...", "...", "groups of goroutines and coalescing; no part of a wire format"},
		{"golang.org/x/text/language", "gateway/... internal/demo/...", "", "languages are negotiated at the edge"},
		{"golang.org/x/text/currency", "internal/storefront", "", "currencies belong to Money"},
		{"golang.org/x/text/encoding", "backends/xmlapi", "", "only the XML service has charsets"},
	}
}
