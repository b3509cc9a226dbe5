package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"tiffin/app/strict"
	"tiffin/gateway/auth"
)

// reloadEvery is how often files that may be replaced while the gateway runs are looked at. They are read, not watched: secrets of
// Kubernetes change behind symbolic links, and not every file system tells.
const reloadEvery = 10 * time.Second

// reloaded is a file, or several, of which changes count without a restart.
type reloaded struct {
	what string
	// reload takes over what has changed. With an error everything stays as it was.
	reload func() (changed bool, err error)
	failed string // the last error that was logged
}

// reloads are those of this configuration.
func (a *App) reloads() []*reloaded {
	var list []*reloaded
	if a.certs != nil {
		list = append(list, &reloaded{what: "tls", reload: a.certs.Reload})
	}
	for _, service := range a.cfg.Services.all() {
		if service.TLS.HasFiles() {
			list = append(list, &reloaded{what: "services." + service.name + ".tls", reload: a.clients.chains[service.name].Reload})
		}
	}
	if a.cfg.Auth.APIKeys.File != "" {
		list = append(list, &reloaded{what: "auth.api_keys.file", reload: a.loadAPIKeys})
	}
	return list
}

// reload looks at the files until ctx ends.
func (a *App) reload(ctx context.Context) {
	list := a.reloads()
	if len(list) == 0 {
		return
	}
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, file := range list {
				file.try(a.log)
			}
		case <-ctx.Done():
			return
		}
	}
}

// try reloads once. A file that stays broken is told of once.
func (r *reloaded) try(log *slog.Logger) {
	changed, err := r.reload()
	failed := ""
	if err != nil {
		failed = err.Error()
	}
	switch {
	case failed != "" && failed != r.failed:
		log.Error("a file has changed and cannot be used: what was read before stays", "key", r.what, "error", err)
	case changed:
		log.Info("a file has changed and is used from now on", "key", r.what)
	}
	r.failed = failed
}

// loadAPIKeys takes over the API keys of their file.
func (a *App) loadAPIKeys() (changed bool, err error) {
	name := a.cfg.Auth.APIKeys.File
	source, err := os.ReadFile(name) //nolint:gosec // the operator's own file
	if err != nil {
		return false, fmt.Errorf("auth.api_keys.file: %w", err)
	}
	if a.apiKeys != nil && bytes.Equal(source, a.apiKeys) {
		return false, nil
	}
	listed, err := readAPIKeys(name, source)
	if err != nil {
		return false, err
	}
	all := auth.APIKeysConfig{Keys: slices.Concat(a.cfg.Auth.APIKeys.Keys, listed)}
	if problems := all.Validate(); len(problems) > 0 {
		return false, fmt.Errorf("auth.api_keys.file: with the keys of the configuration: %w", problems[0])
	}
	a.verifier.SetAPIKeys(all.Keys)
	a.apiKeys = source
	return true, nil
}

// maxAPIKeyFile bounds the file of API keys, in bytes.
const maxAPIKeyFile = 8 << 20

func readAPIKeys(name string, source []byte) ([]auth.APIKey, error) {
	if len(source) > maxAPIKeyFile {
		return nil, errors.New("auth.api_keys.file: is longer than 8 MiB")
	}
	var list struct {
		Keys []auth.APIKey `yaml:"keys"`
	}
	doc, err := strict.Read(name, source, &list, outside())
	if doc == nil {
		return nil, err
	}
	return list.Keys, doc.Join(err, auth.APIKeysConfig{Keys: list.Keys}.Validate())
}
