package checkout

import (
	"net/http"
	"testing"

	"tiffin/backends/delivery"
	"tiffin/fault"
	"tiffin/internal/demo/stage"
)

// A step is decided by what the service says now, not by an answer that was kept for pages.
func TestStepsAskAnew(t *testing.T) {
	inWorld(t, func(w *world) {
		w.kept[delivery.Service].Set(stage.Kept{Inquiry: true, Tombstones: true})
		w.declare(delivery.Service, func(p *Promises) { p.KeyTTL = 0 })
		w.start()
		in := w.quoted()
		looks := 0
		w.flow.delivery = delivery.New(transport(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				looks++
			}
			if r.Method != http.MethodPost && !fault.AskedAnew(r.Context()) {
				t.Errorf("%s %s may be answered by what was kept", r.Method, r.URL)
			}
			return w.network.Transport().RoundTrip(r)
		}))
		w.tap.make(callAssign, lost, 1)
		if _, ok := w.place(in).(*OrderConfirmed); !ok || looks == 0 {
			t.Errorf("after %d looks: want it confirmed", looks)
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }
