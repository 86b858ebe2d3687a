package web

import (
	"net/http"
	"testing"

	"github.com/standin-id/standin/web/webtest"
)

// TestF2RefusalsAreSentences: the record keeps codes of why something was refused; the page says them.
func TestF2RefusalsAreSentences(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		b.Get("/")
		b.Post("/cover/name", form("do", "confirm", "actor", "noor", "when", "week")...).Is(t, http.StatusForbidden)
		b.Get("/audit").Says(t, "while acting for somebody").Hides(t, "not_while_acting", "delegation.acting")
	})
}
