package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/webtest"
)

// busy is a house in whose record there is more than what is written at once.
func busy(t *testing.T, test func(t *testing.T, h *webtest.House)) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		err := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			for range 2 * small {
				if _, err := h.Ledger.Append(ctx, tx, ledger.Record{Organisation: webtest.Acme, Actor: "person:bilal", At: h.Now(), Action: "test.done"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, h)
	})
}

// written lets what was asked for be written.
func written(t *testing.T, h *webtest.House) {
	t.Helper()
	for did := true; did; {
		var err error
		if did, err = h.Exports.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLongExportsAreWrittenBehind: asked for on the page, its progress shown, fetched whole, and deleted; a short one comes
// at once.
func TestLongExportsAreWrittenBehind(t *testing.T) {
	busy(t, func(t *testing.T, h *webtest.House) {
		b := h.As("chiara")
		b.Get("/audit")
		short := b.Follow(b.Post("/audit/exports", "who", "chiara", "action", "login.", "form", "jsonl")).Is(t, http.StatusOK)
		if lines := strings.Count(short.Source, "\n"); lines != 1 {
			t.Errorf("got %d lines at once, want 1", lines)
		}
		b.Get("/audit/exports").Says(t, "You have no exports.")
		p := b.Follow(b.Post("/audit/exports", "form", "jsonl").Leads(t, "/audit/exports")).Is(t, http.StatusOK)
		p.Says(t, "Being written", "Everything you may see", "Stop and delete")
		if p.Header.Get("Refresh") == "" {
			t.Error("the page does not ask again by itself")
		}
		want := 0
		err := h.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM records WHERE organisation = 'acme'`).Scan(&want)
		})
		if err != nil {
			t.Fatal(err)
		}
		written(t, h)
		p = b.Get("/audit/exports").Is(t, http.StatusOK).Says(t, "Ready", "Download", "JSON lines")
		file := p.Find("a[download]").AttrOr("href", "")
		whole := b.Get(file).Is(t, http.StatusOK)
		if lines := strings.Count(whole.Source, "\n"); lines != want || whole.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("got %d lines of %s, want %d", lines, whole.Header.Get("Content-Type"), want)
		}
		if name := whole.Header.Get("Content-Disposition"); !strings.Contains(name, "standin-audit-2026-11-02.jsonl") {
			t.Errorf("got %s", name)
		}
		h.As("bilal").Get(file).Is(t, http.StatusNotFound)
		b.Get("/audit/exports")
		b.Post(strings.TrimSuffix(file, "/file")+"/delete").Leads(t, "/audit/exports")
		b.Get(file).Is(t, http.StatusNotFound)
		b.Get("/audit?action=audit.").Says(t, "Asked for an export of the record", "An export of the record was written",
			"Downloaded an export of the record", "Deleted an export of the record")
	})
}

// TestExportsAreNotForThoseWhoAct: what would outlive the session is refused; what is read at once is offered.
func TestExportsAreNotForThoseWhoAct(t *testing.T) {
	busy(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		p := b.Get("/audit")
		if p.Find("form[action='/audit/exports']").Length() > 0 || p.Find("a[href^='/audit/export'][download]").Length() != 2 {
			t.Error("want the export at once offered, and not the one behind")
		}
		b.Post("/audit/exports", "form", "csv").Says(t, "Nobody exports the record behind while acting for somebody else.")
		b.Get("/audit/exports").Is(t, http.StatusForbidden)
	})
}

// TestThreat43AnExportThatIsReadyIsNotForAFormerAuditor: what was written stays, and is not given out any more.
func TestThreat43AnExportThatIsReadyIsNotForAFormerAuditor(t *testing.T) {
	busy(t, func(t *testing.T, h *webtest.House) {
		b := h.As("chiara")
		b.Get("/audit")
		b.Post("/audit/exports", "form", "csv").Leads(t, "/audit/exports")
		written(t, h)
		file := b.Get("/audit/exports").Find("a[download]").AttrOr("href", "")
		b.Get(file).Is(t, http.StatusOK)
		held, err := h.Directory.PersonDetail(t.Context(), h.Caller("chiara"), "chiara")
		if err != nil {
			t.Fatal(err)
		}
		err = h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			for _, x := range held.Holdings {
				if _, err := tx.Exec(ctx, `DELETE FROM holdings WHERE organisation = 'acme' AND person = 'chiara' AND role = $1`, string(x.Role.ID)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Get(file).Is(t, http.StatusForbidden).Says(t, "You see less of the record than when you asked for this export.")
	})
}
