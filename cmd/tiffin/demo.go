package main

import (
	"context"
	"fmt"

	"tiffin/app"
	"tiffin/internal/demo"
)

type demoCommand struct {
	Listen   string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where GraphQL and GraphiQL are served [${default}]."`
	Admin    string `default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Where operators look [${default}]."`
	BasePort int    `default:"8100" placeholder:"PORT" help:"The first port of the simulated services; 100 are used [${default}]."`
}

// Run keeps the services up until the gateway has drained: an order in flight still needs them.
func (c demoCommand) Run(ctx context.Context, to console) error {
	world, err := demo.New(demo.Config{BasePort: c.BasePort, Latency: true})
	if err != nil {
		return err
	}
	if err := world.Start(ctx); err != nil {
		return err
	}
	defer world.Close()
	source, err := worldConfig(world, c.Listen, c.Admin, "") // a demo leaves nothing behind
	if err != nil {
		return err
	}
	cfg, err := app.Parse("the demo's configuration", source)
	if err != nil {
		return err
	}
	token, err := world.Token("alice")
	if err != nil {
		return err
	}
	gateway, err := app.New(cfg, app.Deps{Log: to.err, Version: versionText(), OnReady: func(at app.Addresses) {
		to.say("%s", welcome(world, at, token))
	}})
	if err != nil {
		return err
	}
	return gateway.Run(ctx)
}

// orderPage is the query that the welcome asks to paste: each part comes from another service.
const orderPage = `{ orders(first: 5) { edges { node { id status total { amount currency } lines { quantity item { name stock } } payment { status } delivery { status driver { name } } } } } }`

// welcome says what to open and what to try. Its last line is a command that answers.
func welcome(world *demo.Demo, at app.Addresses, token string) string {
	return fmt.Sprintf(`
  Tiffin is ready.

  GraphiQL   http://%[1]s/            choose a user at the top, open a tab, press the run button
  GraphQL    http://%[1]s/graphql
  Admin      http://%[2]s/readyz
  Board      %[3]s/            break services, look at the calls and the audit
  Issuer     %[4]s/token?user=alice

  A query to paste into GraphiQL, as alice:

%[5]s

  The same from a terminal, with a token that is good for an hour:

curl -s http://%[1]s/graphql -H 'Content-Type: application/json' -H 'Authorization: Bearer %[6]s' -d '{"query":"%[5]s"}'
`, at.Listen, at.Admin, world.BoardURL(), world.IssuerURL(), orderPage, token)
}
