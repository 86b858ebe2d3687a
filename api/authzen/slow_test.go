package authzen_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/housetest"
)

// TestThreat43AQuestionThatTakesItsTime: a key that ended while a question was under way gets no answer to it.
func TestThreat43AQuestionThatTakesItsTime(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		ask := func(before func()) int {
			r := h.request("/access/v1/evaluation", "")
			r.Body = io.NopCloser(housetest.Slow(`{"subject":{"type":"person","id":"nobody"},"action":{"name":"view"},"resource":{"type":"desk:expense","id":"1"}}`, before))
			return h.send(r).StatusCode
		}
		if got := ask(func() { h.Pass(2 * time.Second) }); got != http.StatusOK {
			t.Fatalf("got %d for a slow question", got)
		}
		got := ask(func() {
			if err := h.Applications.EndKey(t.Context(), standin.OperatorCaller("acme", "test"), "desk-pdp"); err != nil {
				t.Error(err)
			}
			h.Pass(2 * time.Second)
		})
		if got != http.StatusUnauthorized {
			t.Errorf("got %d, want 401: the key ended before the question came", got)
		}
	})
}
