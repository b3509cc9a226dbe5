package main

import (
	"bytes"
	"fmt"
	"text/template"

	"tiffin/internal/demo"
)

// worldUsers are the users of the issuer, with a word on what each may do.
func worldUsers() []struct{ Name, About string } {
	return []struct{ Name, About string }{
		{"alice", "customer"},
		{"bob", "customer"},
		{"carol", "customer"},
		{"dave", "customer who may not order"},
		{"sam", "support, sees all orders"},
	}
}

// worldConfig is the configuration of a gateway in front of the simulated services; its journal is in a file, or in memory where that has
// no name.
func worldConfig(world *demo.Demo, listen, admin, journal string) ([]byte, error) {
	var out bytes.Buffer
	err := worldTemplate().Execute(&out, map[string]any{
		"Listen": listen, "Admin": admin, "Issuer": world.IssuerURL(), "Services": world.ServiceURLs(), "Users": worldUsers(),
		"Journal": journal,
	})
	if err != nil {
		return nil, fmt.Errorf("the configuration could not be written: %w", err)
	}
	return out.Bytes(), nil
}

func worldTemplate() *template.Template {
	return template.Must(template.New("config").Parse(`# A gateway in front of the simulated services. Every key is in tiffin.example.yaml.
mode: development
listen: {{.Listen}}
admin: {{.Admin}}
log:
  format: text
edge:
  # One developer is the whole load here: nobody is rationed. What one operation may cost is as in production.
  rate_limit: {disabled: true}
auth:
  issuers:
    - url: {{.Issuer}}
      audience: tiffin
services:
{{- range $name, $url := .Services}}
  {{$name}}:
    url: {{$url}}
{{- if eq $name "inventory"}}
    assets: {prefix: /images/}
{{- end}}
{{- end}}
checkout:
  journal:
{{- if .Journal}}
    kind: sqlite
    path: {{printf "%q" .Journal}}
{{- else}}
    kind: memory
{{- end}}
graphiql:
  token_url: {{.Issuer}}/token
  users:
{{- range .Users}}
    - name: {{.Name}}
      about: {{.About}}
{{- end}}
`))
}
