package main

import (
	"fmt"

	"tiffin/app"
)

type schemaCommand struct{}

func (schemaCommand) Run(to console) error {
	_, err := fmt.Fprint(to.out, app.SchemaText())
	return err
}
