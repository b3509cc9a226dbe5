package app

import (
	"errors"

	"github.com/goccy/go-yaml"

	"tiffin/gateway/auth"
)

// APIKey is a key as it is configured, without the key itself.
type APIKey = auth.APIKey

// NewAPIKey makes a key for what is said of it, and the entry that lets it in, as YAML to paste. The key is nowhere but in what it returns.
func NewAPIKey(about APIKey) (key string, entry []byte, err error) {
	key, about.Hash = auth.NewAPIKey()
	var problems []error
	for _, problem := range (auth.APIKeysConfig{Keys: []APIKey{about}}).Validate() {
		problems = append(problems, problem)
	}
	if err := errors.Join(problems...); err != nil {
		return "", nil, err
	}
	item := yaml.MapSlice{{Key: "name", Value: about.Name}, {Key: "hash", Value: about.Hash}}
	for _, text := range []struct{ key, value string }{
		{"subject", about.Subject}, {"tenant", about.Tenant}, {"client_id", about.ClientID}, {"class", about.Class}, {"expires", about.Expires},
	} {
		if text.value != "" {
			item = append(item, yaml.MapItem{Key: text.key, Value: text.value})
		}
	}
	if len(about.Scopes) > 0 {
		item = append(item, yaml.MapItem{Key: "scopes", Value: about.Scopes})
	}
	entry, err = yaml.MarshalWithOptions([]yaml.MapSlice{item}, yaml.IndentSequence(true))
	return key, entry, err
}
