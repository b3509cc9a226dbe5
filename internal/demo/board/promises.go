package board

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"tiffin/internal/demo/stage"
)

// newPromises is the body of POST /promises; what is left out is kept.
type newPromises struct {
	Service       string `json:"service"`
	KeyTTLMS      *int   `json:"key_ttl_ms"`
	ReplaysErrors bool   `json:"replays_errors"`
	Inquiry       *bool  `json:"inquiry"`
	Tombstones    *bool  `json:"tombstones"`
	FailWrites    int    `json:"fail_writes"`
}

func (n newPromises) kept() stage.Kept {
	kept := stage.KeepAll()
	kept.ReplaysErrors, kept.FailWrites = n.ReplaysErrors, n.FailWrites
	if n.KeyTTLMS != nil {
		kept.KeyTTLMS = *n.KeyTTLMS
	}
	if n.Inquiry != nil {
		kept.Inquiry = *n.Inquiry
	}
	if n.Tombstones != nil {
		kept.Tombstones = *n.Tombstones
	}
	return kept
}

func (b *board) setPromises(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Content-Type", "application/json") // what a hand types into curl has another
	var body newPromises
	if !stage.ReadJSON(w, r, &body) {
		return
	}
	promises := b.Promises[body.Service]
	if promises == nil {
		refuse(w, &stage.InvalidFault{Member: "service", Allowed: fmt.Sprintf("one of %v", slices.Sorted(maps.Keys(b.Promises)))})
		return
	}
	kept := body.kept()
	if err := kept.Check(); err != nil {
		refuse(w, err)
		return
	}
	promises.Set(kept)
	stage.WriteJSON(w, http.StatusOK, kept)
}

func (b *board) listPromises(w http.ResponseWriter, _ *http.Request) {
	all := map[string]stage.Kept{}
	for service, promises := range b.Promises {
		all[service] = promises.Kept()
	}
	stage.WriteJSON(w, http.StatusOK, all)
}

func (b *board) keepAll(w http.ResponseWriter, _ *http.Request) {
	for _, promises := range b.Promises {
		promises.Set(stage.KeepAll())
	}
	w.WriteHeader(http.StatusNoContent)
}
