// Command tiffin is the gateway, and its demo. `tiffin --help` lists the commands; each has a file here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes. Scripts rely on them.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

// version is stamped by the build (see Makefile).
var version = ""

// commands is the grammar of the command line.
type commands struct {
	Demo     demoCommand     `cmd:"" help:"Run everything in one process: simulated services, issuer, gateway, GraphiQL."`
	Services servicesCommand `cmd:"" help:"Run only the simulated services and the issuer."`
	Serve    serveCommand    `cmd:"" help:"Run only the gateway."`
	Orders   ordersCommand   `cmd:"" help:"See the orders of a running gateway that are not settled, and how each stands."`
	Config   configCommand   `cmd:"" help:"Check or show a configuration."`
	APIKey   apiKeyCommand   `cmd:"" name:"apikey" help:"Make API keys."`
	Schema   schemaCommand   `cmd:"" help:"Print the GraphQL schema."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// console is what a command talks to.
type console struct{ out, err io.Writer }

// say prints for whoever reads along; that nobody does is no reason to stop.
func (c console) say(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format, args...) }

func (c console) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(c.err, "tiffin: "+format+"\n", args...)
}

func main() {
	boundMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], console{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run is the program but for signals and the process's end, so that tests can call it.
func run(ctx context.Context, args []string, to console) int {
	var grammar commands
	ended := -1
	parser, err := kong.New(&grammar,
		kong.Name("tiffin"),
		kong.Description("One GraphQL endpoint in front of the REST and XML services of a food-ordering platform."),
		kong.Writers(to.out, to.err),
		kong.Exit(func(code int) { ended = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(to),
	)
	if err != nil {
		return fail(to, err)
	}
	chosen, err := parser.Parse(args)
	switch {
	case ended == exitOK: // --help has printed
		return exitOK
	case err != nil:
		return misused(to, err)
	}
	if err := chosen.Run(); err != nil {
		return fail(to, err)
	}
	return exitOK
}

// misused answers wrong use in one line with a hint.
func misused(to console, err error) int {
	hint := "tiffin --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		hint = "tiffin " + parse.Context.Selected().Path() + " --help"
	}
	to.complain("%v (see: %s)", err, hint)
	return exitUsage
}

func fail(to console, err error) int {
	to.complain("%v", err)
	return exitFailed
}
