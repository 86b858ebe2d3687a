package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin/web/webtest"
)

// TestReportsOnAPage: what the manager of a unit sees, as a chart with its numbers, as a table, and as a file.
func TestReportsOnAPage(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		h.As("ada").Get("/reports").Is(t, http.StatusForbidden)
		b := h.As("hanna")
		p := b.Get("/reports?kind=expiring").Is(t, http.StatusOK).Says(t, "Ending soon", "Bilal Kaya", "Annual leave").Hides(t, "Chiara Moretti", "Mallory")
		if got := p.Find(".bars li").Length(); got != 6 || p.Find(".bars li strong").Length() != 6 {
			t.Errorf("got %d bars, want six, each with its number", got)
		}
		b.Get("/reports?kind=people&unit=finance").Says(t, "There are none.")
		boss := h.As("boss")
		boss.Get("/reports?kind=people").Says(t, "Ada Lindqvist", "finance")
		file := boss.Get("/reports/export?kind=people").Is(t, http.StatusOK)
		if got := file.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/csv") || !strings.Contains(file.Source, "Ada Lindqvist") {
			t.Errorf("got a file of %q: %s", got, file.Source)
		}
		h.As("ada").Get("/reports/export").Is(t, http.StatusForbidden)
	})
}
