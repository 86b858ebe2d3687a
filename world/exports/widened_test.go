package exports

import (
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
)

// Who saw more while their export was written, and sees less again, does not fetch what they saw in between.
func TestExportWrittenWithMoreThanIsSeenNow(t *testing.T) {
	in(t, func(h *house) {
		root := standin.Caller{Organisation: acme, Actor: "person:root", Principal: "root"}
		more := func(ends bool) {
			t.Helper()
			_, err := h.directory.Hold(t.Context(), root, "lead", "auditor", "")
			if ends {
				_, err = h.directory.Release(t.Context(), root, "lead", "auditor", "")
			}
			h.must(err)
		}
		written := h.ask(lead, JSON, ledger.Filter{})
		more(false)
		h.run()
		if _, err := h.fetch(lead, written.ID); err != nil {
			t.Errorf("while all of it is seen: got %v", err)
		}
		midst := h.ask(lead, JSON, ledger.Filter{})
		more(true)
		h.run()
		if e, err := h.Get(t.Context(), lead, midst.ID); err != nil || e.How != Stopped {
			t.Errorf("asked for with more: got %+v %v, want it stopped", e, err)
		}
		if text, err := h.fetch(lead, written.ID); standin.KindOf(err) != standin.Denied {
			t.Errorf("written with more: got %d bytes, %v, want it denied", len(text), err)
		}
	})
}
