package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

// packed is how many bytes the text takes on its way.
func packed(text string) int {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Len()
}

// TestChooserWeighsLittle: the chooser of somebody with 500 principals, with all that it loads, is at most 25 KB.
func TestChooserWeighsLittle(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		var world strings.Builder
		world.WriteString("organisations:\n  - id: acme\n    people:\n")
		for i := range 500 {
			fmt.Fprintf(&world, "      - {id: many-%d, name: \"Principal %s Number %d\", email: many-%d@acme.example, unit: sales/emea, accepted_terms: true}\n", i, []string{"Okafor", "Åkesson", "Dubois", "Petrov", "Yılmaz"}[i%5], i, i)
		}
		world.WriteString("    delegations:\n")
		for i := range 500 {
			fmt.Fprintf(&world, "      - {id: m-%d, principal: many-%d, actor: noor, kind: cover, start: today-1d, end: today+%dd, purpose: Purpose %d of somebody}\n", i, i, 2+i%80, i)
		}
		h.ApplyText("many.yaml", strings.NewReader(world.String()))
		b := h.As("noor")
		p := b.Get("/choose").Is(t, http.StatusOK).Says(t, "Showing 20 of 500")
		total := packed(p.Source) + frame.Loads()
		if total > 25*1024 {
			t.Errorf("got a chooser of %d bytes, want at most 25 KB", total)
		}
		t.Logf("chooser of 500: %d bytes, the page alone %d", total, packed(p.Source))
		if p = b.Get("/choose?find=number+417"); p.Find("button.choice:not(.myself)").Length() != 1 {
			t.Errorf("got %d choices for one name, want 1: %s", p.Find("button.choice:not(.myself)").Length(), p.Main())
		}
		b.Get("/choose?find=nobody-is-called-so").Says(t, "Nobody matches")
		if got := b.Act("m-417").Banner(); !strings.Contains(got, "Number 417") {
			t.Errorf("got banner %q, want the one chosen of 500", got)
		}
	})
}
