package main

import (
	"context"

	"tiffin/app"
)

type serveCommand struct {
	configFile
	Listen string `placeholder:"HOST:PORT" help:"Instead of the configuration's listen."`
	Admin  string `placeholder:"HOST:PORT" help:"Instead of the configuration's admin."`
}

func (c serveCommand) Run(ctx context.Context, to console) error {
	cfg, err := app.Load(c.Config)
	if err != nil {
		return err
	}
	cfg.Listen = or(c.Listen, cfg.Listen)
	cfg.Admin = or(c.Admin, cfg.Admin)
	gateway, err := app.New(cfg, app.Deps{Log: to.err, Version: versionText(), OnReady: func(at app.Addresses) {
		to.say("GraphQL on %s://%s/graphql, admin on http://%s\n", scheme(cfg), at.Listen, at.Admin)
	}})
	if err != nil {
		return err
	}
	return gateway.Run(ctx)
}

func scheme(cfg app.Config) string {
	if cfg.TLS.Enabled() {
		return "https"
	}
	return "http"
}

func or(value, otherwise string) string {
	if value != "" {
		return value
	}
	return otherwise
}
