package app

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/geocoding"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/backends/upstream"
	"tiffin/backends/upstream/cache"
	"tiffin/backends/upstream/call"
	"tiffin/checkout"
	"tiffin/fault"
	"tiffin/gateway"
	"tiffin/gateway/assets"
	"tiffin/gateway/auth"
	"tiffin/gateway/certs"
	"tiffin/gateway/ratelimit"
	"tiffin/internal/kv"
	"tiffin/telemetry"
)

// Config is the whole configuration: tiffin.example.yaml shows it with every key and default.
type Config struct {
	// Mode is production or development [production]. Development shows more: GraphiQL, introspection, suggestions.
	Mode Mode `enum:"production,development" yaml:"mode"`
	// Listen is where GraphQL is served [127.0.0.1:8080].
	Listen string `yaml:"listen"`
	// Admin is where operators look [127.0.0.1:9090]. It is for them only: nothing on it asks for a credential.
	Admin string `yaml:"admin"`
	// Drain is how long requests in flight may take to end after SIGTERM [30s].
	Drain time.Duration `yaml:"drain"`
	// DrainDelay is how long requests are still taken after SIGTERM, while /readyz says no already, before the drain begins: a load balancer
	// takes its time to notice [0s].
	DrainDelay time.Duration `yaml:"drain_delay"`
	// Log says how much is logged.
	Log LogConfig `yaml:"log"`
	// Telemetry says where traces go.
	Telemetry telemetry.Config `yaml:"telemetry"`
	// Edge bounds what clients may send and how long they are worked for.
	Edge gateway.Config `yaml:"edge"`
	// Server bounds how long connections may take for each part of a request.
	Server gateway.ServerConfig `yaml:"server"`
	// TLS says by which certificate the gateway is known, and which clients' certificates count.
	TLS certs.Config `yaml:"tls"`
	// Auth says whose credentials are good.
	Auth auth.Config `yaml:"auth"`
	// Services says where each service is.
	Services Services `yaml:"services"`
	// Cache bounds what is kept of the services' answers, and where else; each service's cache says which.
	Cache kv.Config `yaml:"cache"`
	// Checkout says how orders are placed.
	Checkout CheckoutConfig `yaml:"checkout"`
	// GraphiQL is the page at / in development.
	GraphiQL GraphiQLConfig `yaml:"graphiql"`
}

// Mode is how much the gateway shows.
type Mode string

// The modes.
const (
	Production  Mode = "production"
	Development Mode = "development"
)

// LogConfig says how much is logged, to standard error.
type LogConfig struct {
	// Level is debug, info, warn or error [info].
	Level string `enum:"debug,info,warn,error" yaml:"level"`
	// Format is json or text [json].
	Format string `enum:"json,text" yaml:"format"`
}

// Services is the configuration of each service.
type Services struct {
	Orders    ServiceConfig `yaml:"orders"`
	Inventory ServiceConfig `yaml:"inventory"`
	Payments  ServiceConfig `yaml:"payments"`
	Delivery  ServiceConfig `yaml:"delivery"`
	Geocoding ServiceConfig `yaml:"geocoding"`
}

// ServiceConfig says how a service is reached, and what of it everybody may fetch.
type ServiceConfig struct {
	upstream.Config `yaml:",inline"`
	// Promises are what the service keeps of what orders rely on; geocoding, which is only read, has none to keep.
	Promises checkout.Promises `yaml:"promises"`
	// Assets are static resources that are served at /assets/<service>/.
	Assets assets.Config `yaml:"assets"`
}

// Validate reports every problem.
func (c ServiceConfig) Validate() []fault.Invalid {
	problems := slices.Concat(c.Config.Validate(), fault.Under("assets", c.Assets.Validate()), fault.Under("promises", c.Promises.Validate()))
	if c.Assets.Prefix != "" && c.Assets.MaxBytes > c.Resilience.MaxBody {
		problems = append(problems, fault.Invalid{
			Path: "assets.max_bytes", Reason: "is more than resilience.max_body, which bounds every answer", Remedy: "make it the smaller one",
		})
	}
	return problems
}

// named is one service's configuration under its name.
type named struct {
	name string
	ServiceConfig
}

func (s Services) all() []named {
	return []named{
		{orders.Service, s.Orders},
		{inventory.Service, s.Inventory},
		{payments.Service, s.Payments},
		{delivery.Service, s.Delivery},
		{geocoding.Service, s.Geocoding},
	}
}

// blamed are the names of what the errors of answers can be blamed on: the services, and the journal of orders.
func (s Services) blamed() []string {
	names := []string{"journal"}
	for _, service := range s.all() {
		names = append(names, service.name)
	}
	return names
}

// GraphiQLConfig is what the page at / offers beside the schema.
type GraphiQLConfig struct {
	// TokenURL gives tokens of demo users: GET ?user=<name> answers the bare token. Empty: no user switch.
	TokenURL string `yaml:"token_url"`
	// Users can be chosen in the page.
	Users []GraphiQLUser `yaml:"users"`
}

// GraphiQLUser is somebody whom the page can act as.
type GraphiQLUser struct {
	// Name is what the token URL is asked for.
	Name string `yaml:"name"`
	// About says in a few words what this user may do.
	About string `yaml:"about"`
}

// Defaults is the configuration of an empty file.
func Defaults() Config {
	return Config{
		Mode:      Production,
		Listen:    "127.0.0.1:8080",
		Admin:     "127.0.0.1:9090",
		Drain:     30 * time.Second,
		Log:       LogConfig{Level: "info", Format: "json"},
		Telemetry: telemetry.Defaults(),
		Edge:      edgeDefaults(),
		Server:    gateway.ServerConfig{}.WithDefaults(),
		TLS:       certs.Config{}.WithDefaults(),
		Auth:      auth.Config{}.WithDefaults(),
		Services: Services{
			Orders:    service(true, nil, "POST /quotes"),
			Inventory: service(true, inventoryRoutes()),
			Payments:  service(true, nil, "POST /payments/inquiry", "POST /payments/inquiries"),
			Delivery:  service(true, deliveryRoutes(), "POST /quotes"),
			Geocoding: service(false, geocodingRoutes()),
		},
		Cache:    kv.Defaults(),
		Checkout: CheckoutConfig{Config: checkout.Defaults(), Journal: journalDefaults()},
	}
}

// placing is the field that moves money.
const placing = "Mutation.placeOrder"

// edgeDefaults are the edge's own, and what this storefront's fields need: who places orders or calls them off goes first, but not
// without end.
func edgeDefaults() gateway.Config {
	edge := gateway.Config{}.WithDefaults()
	for _, field := range []string{placing, "Mutation.cancelOrder"} {
		edge.RateLimit.Fields = append(edge.RateLimit.Fields, ratelimit.FieldLimit{Field: field, Limit: ratelimit.Limit{Burst: 10, Every: 6 * time.Second}})
		edge.Shed.Critical = append(edge.Shed.Critical, field)
	}
	return edge
}

// service is what the contracts in backends/ say of a service: whether it honours keys, and what it reads by POST; and what of it is kept.
func service(honoursKeys bool, routes []cache.Route, reads ...string) ServiceConfig {
	c := ServiceConfig{Config: upstream.Defaults(), Assets: assets.Defaults(), Promises: checkout.DefaultPromises()}
	c.Cache.Routes = routes
	c.Calls = call.Config{HonoursKeys: honoursKeys, Reads: reads}
	return c
}

// Validate reports every problem of the whole.
func (c Config) Validate() []fault.Invalid {
	problems := slices.Concat(
		oneOf("mode", string(c.Mode), string(Production), string(Development)),
		address("listen", c.Listen), address("admin", c.Admin),
		fault.Under("log", slices.Concat(
			oneOf("level", c.Log.Level, "debug", "info", "warn", "error"), oneOf("format", c.Log.Format, "json", "text"))),
		fault.Under("telemetry", c.Telemetry.Validate()),
		fault.Under("edge", c.Edge.Validate()),
		fault.Under("server", c.Server.Validate()),
		fault.Under("tls", c.TLS.Validate()),
		fault.Under("auth", c.validateAuth()),
		fault.Under("cache", c.Cache.Validate()),
		fault.Under("checkout", c.Checkout.validate(c.surroundings())),
		c.zeros(),
	)
	for _, service := range c.Services.all() {
		problems = append(problems, fault.Under("services."+service.name, service.Validate())...)
	}
	problems = append(problems, fault.Under("services", c.Services.promises().Validate(c.Services.honourKeys()))...)
	if c.Services.Geocoding.Promises != checkout.DefaultPromises() {
		problems = append(problems, fault.Invalid{
			Path: "services.geocoding.promises", Reason: "are about what orders are written to, and have no effect here", Remedy: "leave them out",
		})
	}
	if c.Drain < 0 {
		problems = append(problems, fault.Invalid{Path: "drain", Reason: "is negative", Remedy: "write a duration such as 30s"})
	}
	if c.DrainDelay < 0 {
		problems = append(problems, fault.Invalid{Path: "drain_delay", Reason: "is negative", Remedy: "write a duration such as 5s"})
	}
	return problems
}

func oneOf(path, value string, allowed ...string) []fault.Invalid {
	if slices.Contains(allowed, value) {
		return nil
	}
	remedy := strings.Join(allowed[:len(allowed)-1], ", ")
	if remedy != "" {
		remedy += " or "
	}
	return []fault.Invalid{{
		Path: path, Reason: fmt.Sprintf("%q is not known", value), Remedy: "write " + remedy + allowed[len(allowed)-1],
	}}
}

func address(path, value string) []fault.Invalid {
	if _, _, err := net.SplitHostPort(value); err != nil {
		return []fault.Invalid{{
			Path: path, Reason: fmt.Sprintf("%q is no address to listen on", value), Remedy: "write host:port, such as 127.0.0.1:8080",
		}}
	}
	return nil
}
