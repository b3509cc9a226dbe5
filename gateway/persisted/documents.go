package persisted

import (
	"context"
	"log/slog"
	"net"
	"strings"

	"tiffin/fault"
	"tiffin/internal/kv"
	"tiffin/internal/kv/link"
)

// Deps are the collaborators of Documents.
type Deps struct {
	// Links are the process's to Redis; nil: the store has one of its own.
	Links *link.Links
	// Dial reaches Redis where there are no Links; a net.Dialer where it is nil.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Logger *slog.Logger
	// Notify watches the folder of the file of trusted documents; [watch.Folder] where it is nil.
	Notify func(dir string) (changed <-chan struct{}, stop func(), err error)
}

// Documents are those that can be named. They are safe for concurrent use.
type Documents struct {
	trusted   *trusted
	automatic *automatic
}

// New reads the trusted documents, whose file must be good. It opens no connection and starts nothing.
func New(cfg Config, deps Deps) (*Documents, error) {
	cfg = cfg.WithDefaults()
	listed, err := newTrusted(cfg.Trusted, deps.Logger)
	if err != nil {
		return nil, err
	}
	brought, err := newAutomatic(cfg.Automatic, cfg.Trusted.Mode == Enforce, kv.Deps{Links: deps.Links, Dial: deps.Dial, Failed: func(err error) {
		deps.Logger.Warn("persisted queries: redis failed", slog.Any("error", err))
	}})
	if err != nil {
		return nil, err
	}
	listed.notify = deps.Notify
	return &Documents{listed, brought}, nil
}

// Run follows the file of trusted documents until ctx ends; without it the documents are those of the start.
func (d *Documents) Run(ctx context.Context) {
	if d.automatic.store == nil {
		d.trusted.run(ctx)
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.automatic.store.Run(ctx)
	}()
	d.trusted.run(ctx)
	<-ended
}

// Close closes the connections to Redis.
func (d *Documents) Close() error {
	if d.automatic.store == nil {
		return nil
	}
	return d.automatic.store.Close()
}

// Request is what a request says of its document.
type Request struct {
	// Text is the document itself; empty where it is only named.
	Text string
	// ID names it: the parameter documentId, doc_id or id.
	ID string
	// Extensions are those of the request: persistedQuery is Apollo's way to name a document.
	Extensions map[string]any
}

// Resolve returns the text that the request is about. keep, nil where there is nothing to do, is to be called once the text has turned out to
// be a valid document.
func (d *Documents) Resolve(ctx context.Context, r Request) (text string, keep func(), refused *fault.Error) {
	hash, refused := hashIn(r.Extensions)
	switch {
	case refused != nil:
		return "", nil, refused
	case r.Text == "":
		text, refused = d.named(ctx, r.ID, hash)
		return text, nil, refused
	}
	listed := d.names(r.ID, hash, r.Text)
	if refused = d.trusted.check(ctx, r.Text, listed); refused != nil || listed || hash == "" || d.automatic.store == nil {
		return r.Text, nil, refused
	}
	if hashOf(r.Text) != hash {
		return "", nil, fault.New(fault.BadRequest, "extensions.persistedQuery.sha256Hash is not the hash of the query.")
	}
	return r.Text, func() { d.automatic.keep(ctx, hash, r.Text) }, nil
}

// names reports whether a text comes with the id that it is trusted by.
func (d *Documents) names(id, hash, text string) bool {
	for _, name := range []string{id, hash} {
		if known, ok := d.trusted.named(name); ok && known == text {
			return true
		}
	}
	return false
}

// named is the text of a document that is only named.
func (d *Documents) named(ctx context.Context, id, hash string) (string, *fault.Error) {
	if id == "" && hash == "" {
		return "", fault.New(fault.BadRequest, "The parameter query is missing.")
	}
	for _, name := range []string{id, strings.TrimPrefix(id, "sha256:"), hash} {
		if text, ok := d.trusted.named(name); ok && name != "" {
			return text, nil
		}
	}
	switch {
	case hash == "" || d.trusted.cfg.Mode == Enforce:
		return "", fault.New(fault.PersistedQueryNotFound, "PersistedQueryNotFound")
	case d.automatic.store == nil:
		return "", fault.New(fault.PersistedQueryNotSupported, "PersistedQueryNotSupported")
	}
	if text, ok := d.automatic.get(ctx, hash); ok {
		return text, d.trusted.check(ctx, text, false)
	}
	return "", fault.New(fault.PersistedQueryNotFound, "PersistedQueryNotFound")
}

// maxHash bounds a name of a document in extensions, in bytes: Apollo's clients send ids of manifests there, too.
const maxHash = 256

// hashIn reads extensions.persistedQuery; empty where there is none.
func hashIn(extensions map[string]any) (string, *fault.Error) {
	value, given := extensions["persistedQuery"]
	if !given || value == nil {
		return "", nil
	}
	extension, _ := value.(map[string]any)
	hash, _ := extension["sha256Hash"].(string)
	if version, ok := extension["version"].(int64); !ok || version != 1 || hash == "" || len(hash) > maxHash {
		return "", fault.New(fault.BadRequest, "extensions.persistedQuery must be {version: 1, sha256Hash: …}.")
	}
	return hash, nil
}
