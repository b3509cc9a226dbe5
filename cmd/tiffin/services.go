package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"tiffin/internal/demo"
)

type servicesCommand struct {
	BasePort    int    `default:"8100" placeholder:"PORT" help:"The first port; 100 are used [${default}]."`
	WriteConfig string `placeholder:"FILE" help:"Write the configuration of a gateway in front of them."`
}

// Run prints ready as its last line once every port listens and the configuration is written.
func (c servicesCommand) Run(ctx context.Context, to console) error {
	world, err := demo.New(demo.Config{BasePort: c.BasePort, Latency: true})
	if err != nil {
		return err
	}
	if err := world.Start(ctx); err != nil {
		return err
	}
	defer world.Close()
	if err := c.writeConfig(world); err != nil {
		return err
	}
	for name, url := range world.ServiceURLs() {
		to.say("%-10s %s\n", name, url)
	}
	to.say("%-10s %s\n%-10s %s\nready\n", "issuer", world.IssuerURL(), "board", world.BoardURL())
	<-ctx.Done()
	return nil
}

func (c servicesCommand) writeConfig(world *demo.Demo) error {
	if c.WriteConfig == "" {
		return nil
	}
	journal, err := filepath.Abs(strings.TrimSuffix(c.WriteConfig, filepath.Ext(c.WriteConfig)) + "-journal.db")
	if err != nil {
		return err
	}
	source, err := worldConfig(world, defaultListen, defaultAdmin, journal)
	if err != nil {
		return err
	}
	return os.WriteFile(c.WriteConfig, source, 0o600)
}

// Where a gateway listens unless it is told otherwise.
const (
	defaultListen = "127.0.0.1:8080"
	defaultAdmin  = "127.0.0.1:9090"
)
