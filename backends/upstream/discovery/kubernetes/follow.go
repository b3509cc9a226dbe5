package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"tiffin/backends/upstream/discovery"
)

// maxEvent bounds one event in bytes.
const maxEvent = 4 << 20

// event is metav1.WatchEvent.
type event struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}

// follow watches from the version we know and tells each change, until the server ends the watch, which is no error. Bookmarks move the
// version on while nothing changes, so that it seldom grows too old.
func (w *watch) follow(ctx context.Context, c *client, tell discovery.Tell) error {
	lasts := watchTime + rand.N(watchTime/2) //nolint:gosec // spreads the load
	ctx, cancel := context.WithTimeout(ctx, lasts+slack)
	defer cancel()
	res, err := c.get(ctx, map[string]string{
		"watch": "1", "allowWatchBookmarks": "true", "resourceVersion": w.version,
		"timeoutSeconds": strconv.Itoa(int(lasts / time.Second)),
	})
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // nothing was written
	body := &budget{from: res.Body}
	for events := json.NewDecoder(body); ; {
		body.left = maxEvent
		var e event
		switch err := events.Decode(&e); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading the watch: %w", err)
		}
		if err := w.apply(e, tell); err != nil {
			return err
		}
	}
}

// apply takes one event.
func (w *watch) apply(e event, tell discovery.Tell) error {
	if e.Type == "ERROR" {
		var s status
		if err := json.Unmarshal(e.Object, &s); err != nil {
			return fmt.Errorf("reading an error in the watch: %w", err)
		}
		return s
	}
	var s slice
	if err := json.Unmarshal(e.Object, &s); err != nil {
		return fmt.Errorf("reading an event in the watch: %w", err)
	}
	switch e.Type {
	case "BOOKMARK":
	case "ADDED", "MODIFIED":
		w.slices[s.Metadata.Name] = s
	case "DELETED":
		delete(w.slices, s.Metadata.Name)
	default:
		return fmt.Errorf("the watch has an event of the unknown type %.20q", e.Type)
	}
	w.version = s.Metadata.ResourceVersion
	if e.Type != "BOOKMARK" {
		tell(w.slices.endpoints(w.cfg))
	}
	return nil
}

// budget fails when more than what is left is read; the decoder's buffer makes the bound approximate.
type budget struct {
	from io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("an event is larger than %d bytes", maxEvent)
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
