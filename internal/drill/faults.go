package drill

import (
	"context"
	"encoding/json"
	"net/http"
)

// fault is one for the demo's board.
type fault struct {
	Service  string `json:"service"`
	Instance *int   `json:"instance,omitempty"` // all where it is left out
	Kind     string `json:"kind"`
	MS       int    `json:"ms,omitzero"`
}

func (w World) breaks(ctx context.Context, faults ...fault) error {
	for _, f := range faults {
		body, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if _, err := w.exchange(ctx, http.MethodPost, w.Board+"/faults", body, ""); err != nil {
			return err
		}
	}
	return nil
}

func (w World) mend(ctx context.Context) error {
	_, err := w.exchange(ctx, http.MethodDelete, w.Board+"/faults", nil, "")
	return err
}
