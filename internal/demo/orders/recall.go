package orders

import (
	"net/http"

	"tiffin/internal/demo/stage"
)

// maxRecallRef bounds the characters of a recall_ref, as in the contract.
const maxRecallRef = 64

// recall serves POST /orders/{order_ref}/recall: it takes a confirmed order out of the kitchen's hands before the kitchen starts, for
// whoever comes first.
func (s *Service) recall(w http.ResponseWriter, r *http.Request) {
	var body struct {
		RecallRef string `json:"recall_ref"`
	}
	if !stage.ReadJSON(w, r, &body) {
		return
	}
	ref, refused := orderRef(r)
	if refused == nil && (body.RecallRef == "" || len(body.RecallRef) > maxRecallRef) {
		refused = malformed("recall_ref has 1 to 64 characters")
	}
	if refused != nil {
		refused.send(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(ref)
	if refused := notRecallable(o, body.RecallRef); refused != nil {
		refused.send(w)
		return
	}
	if o.recallRef == "" {
		o.recallRef = body.RecallRef
		o.become(recalled, s.now())
	}
	stage.WriteJSON(w, http.StatusOK, o.settled())
}

// notRecallable says why the order cannot be recalled under this reference; nil where it can or was.
func notRecallable(o *order, recallRef string) *refusal {
	no := func(status int, code, detail string) *refusal {
		return &refusal{status: status, code: code, detail: detail}
	}
	switch {
	case o == nil || o.isTombstone():
		return no(http.StatusConflict, "not_recallable", "there is no such order")
	case o.recallRef == recallRef:
		return nil
	case o.status() == cancelled:
		return no(http.StatusGone, "order_cancelled", "the order was cancelled")
	case o.recallRef != "":
		return no(http.StatusConflict, "order_recalled", "the order was recalled under another reference")
	case o.status() == created:
		return no(http.StatusConflict, "not_recallable", "the order is not confirmed yet")
	case o.status() != confirmed:
		return no(http.StatusConflict, "kitchen_started", "the kitchen has started")
	}
	return nil
}
