package main

import (
	"fmt"

	"tiffin/app"
)

type configCommand struct {
	Check  configCheckCommand  `cmd:"" help:"Say everything that is wrong with a configuration, and what is unsafe; exit 1 if anything is wrong."`
	Show   configShowCommand   `cmd:"" help:"Print a configuration with every key and its effective value, without secrets."`
	Schema configSchemaCommand `cmd:"" help:"Print the JSON Schema of configuration files, for editors."`
}

// configFile is how every command that reads a configuration is told which.
type configFile struct {
	Config string `default:"tiffin.yaml" placeholder:"FILE" help:"The configuration file [${default}]."`
}

// configArgument lets the file stand without its flag, where it is what the command is about.
type configArgument struct {
	configFile
	File string `arg:"" optional:"" help:"The same as --config."`
}

func (c configArgument) file() string { return or(c.File, c.Config) }

type configCheckCommand struct{ configArgument }

func (c configCheckCommand) Run(to console) error {
	unsafe, err := app.Check(c.file())
	for _, problem := range unsafe {
		to.say("unsafe: %v\n", problem)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to.out, "%s is valid\n", c.file())
	return err
}

type configShowCommand struct{ configArgument }

func (c configShowCommand) Run(to console) error {
	text, err := app.Show(c.file())
	if err != nil {
		return err
	}
	_, err = to.out.Write(text)
	return err
}

type configSchemaCommand struct{}

func (configSchemaCommand) Run(to console) error {
	schema, err := app.Schema()
	if err != nil {
		return err
	}
	_, err = to.out.Write(append(schema, '\n'))
	return err
}
