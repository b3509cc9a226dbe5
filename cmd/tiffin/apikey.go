package main

import (
	"tiffin/app"
)

type apiKeyCommand struct {
	Create apiKeyCreateCommand `cmd:"" help:"Make an API key: it is shown once, the configuration gets its hash."`
}

type apiKeyCreateCommand struct {
	Name     string   `arg:"" help:"What the key is for, such as kitchen-display."`
	Subject  string   `placeholder:"ID" help:"Who the caller is [the name]."`
	Tenant   string   `placeholder:"ID" help:"The caller's tenant."`
	ClientID string   `placeholder:"ID" help:"The caller's application."`
	Class    string   `placeholder:"NAME" help:"The class of limits that count."`
	Scope    []string `placeholder:"SCOPE" help:"What the caller may do, such as orders:read; several by commas."`
	Expires  string   `placeholder:"TIME" help:"When the key ends, such as 2027-01-31T00:00:00Z [never]."`
}

func (c apiKeyCreateCommand) Run(to console) error {
	key, entry, err := app.NewAPIKey(app.APIKey{
		Name: c.Name, Subject: c.Subject, Tenant: c.Tenant, ClientID: c.ClientID, Class: c.Class, Scopes: c.Scope, Expires: c.Expires,
	})
	if err != nil {
		return err
	}
	to.say("%s\n\nThis is the key, for whoever calls: X-Api-Key: <key>. It is not shown again.\n"+
		"Its entry goes below auth.api_keys.keys, or below keys: in the file that auth.api_keys.file names:\n\n%s", key, entry)
	return nil
}
