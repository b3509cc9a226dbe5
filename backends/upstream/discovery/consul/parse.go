package consul

import (
	"strings"
	"time"

	"tiffin/backends/upstream/discovery"
	"tiffin/fault"
)

const (
	maxTags = 16
	// consulPort is that of an agent's HTTP API.
	consulPort = 8500
)

// Parse reads "consul://host:port/service" (port 8500 where it is left out), with the parameters
//
//	tag         one that the instances must have; may be repeated
//	dc          datacenter [the agent's]
//	token_file  file with the ACL token, read at every request
//	token_env   environment variable with the ACL token
//	tls         true to ask by HTTPS [false]
//	ca_file     authorities for that, in PEM [the system's]
//	wait        how long an answer may block [5m]
func Parse(u discovery.URL) (Config, []fault.Invalid) {
	params, cfg := discovery.ReadParams(u.Params), Defaults()
	cfg.Tags = params.List("tag", maxTags)
	cfg.Datacenter = params.String("dc", "")
	cfg.TokenFile, cfg.TokenEnv = params.String("token_file", ""), params.String("token_env", "")
	cfg.TLS, cfg.CAFile = params.Bool("tls"), params.String("ca_file", "")
	cfg.Wait = params.Duration("wait", cfg.Wait, time.Second, 10*time.Minute)
	problems := params.Problems()
	add := func(reason, remedy string) { problems = append(problems, discovery.Invalid(reason, remedy)) }

	host, port, reason := discovery.SplitAddr(u.Host, consulPort)
	if reason != "" {
		add("has a host that "+reason, `write it like "consul://127.0.0.1:8500/orders"`)
	}
	cfg.Addr = discovery.JoinAddr(host, port)
	cfg.Service = strings.TrimPrefix(u.Path, "/")
	if cfg.Service == "" || strings.Contains(cfg.Service, "/") || strings.Trim(cfg.Service, ".") == "" {
		add("does not name one service", `write it like "consul://127.0.0.1:8500/orders"; the path of the service goes into the query: ?path=/v1`)
	}
	if cfg.TokenFile != "" && cfg.TokenEnv != "" {
		add("has both token_file and token_env", "leave one out")
	}
	if cfg.CAFile != "" && !cfg.TLS {
		add("has a ca_file without tls", "write tls=true too")
	}
	return cfg, problems
}
