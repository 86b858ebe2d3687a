package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

// TestThreat35GrantingForOthersAsksForAProof: who has acted since the last proof makes nobody else's delegation allow more
// before they prove themselves again. Ending one asks for nothing (P6).
func TestThreat35GrantingForOthersAsksForAProof(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		named, err := h.Delegations.Name(t.Context(), h.Caller("noor"), delegation.Naming{Principal: "noor", Actors: []standin.PersonID{"hanna"}, Purpose: "Leave"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Delegations.Deactivate(t.Context(), h.Caller("hanna"), "d-bilal"); err != nil {
			t.Fatal(err)
		}
		b.Act(string(named[0].ID))
		h.Pass(20 * time.Minute)
		b.Get("/")
		b.Post("/stop").Leads(t, "/")
		b.Get("/")
		b.Get("/cover/d-bilal/edit").Leads(t, "/prove?return=%2Fcover%2Fd-bilal%2Fedit")
		for _, verb := range []string{"edit", "reactivate", "renew", "enable"} {
			b.Post("/cover/d-bilal/"+verb, "what", "full", "purpose", "Fair")
			if action := b.Seen.Find("main form").AttrOr("action", ""); verb != "renew" && verb != "enable" && action != "/cover/d-bilal/"+verb {
				t.Errorf("%s: got a form to %q, want the proof that it waits for", verb, action)
			}
		}
		if state := h.Delegation("d-bilal").State; state != "inactive" {
			t.Errorf("got %s, want it paused still", state)
		}
		b.Post("/cover/d-bilal/end").Leads(t, "/cover/d-bilal")
	})
}

// TestThreat25LettingAStandInDoMoreNeedsAFreshFactor: whoever finds a sign-in open lengthens nothing and switches nothing on, for
// themselves to come back by. Everything that was typed is sent again with the proof; what takes away asks for none (P6).
func TestThreat25LettingAStandInDoMoreNeedsAFreshFactor(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		bilal, noor := h.As("bilal"), h.As("noor")
		h.Pass(signin.ProofLasts)
		again := func(b *webtest.Browser, path string, sent ...string) *webtest.Answer {
			t.Helper()
			b.Get("/")
			page := b.Post(path, sent...).Is(t, http.StatusForbidden).Says(t, "what you entered is kept")
			var kept []string
			page.Find("main form[action='" + path + "'] input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
				if name := s.AttrOr("name", ""); name != "identity" && name != "username" {
					kept = append(kept, name, s.AttrOr("value", ""))
				}
			})
			b.Post(path, append(kept, "password", "wrong")...).Is(t, http.StatusUnauthorized).Problem(t, "password", "not right")
			h.Pass(time.Minute)
			return b.Follow(b.Post(path, append(kept, "password", password)...))
		}
		noor.Get("/cover/d-noor")
		before := h.Delegation("d-noor")
		again(noor, "/cover/d-noor/enable", "span", "8h").Says(t, "Switched on until")
		if after := h.Delegation("d-noor"); before.State != delegation.Dormant || after.EnabledUntil.Sub(after.EnabledAt) != 8*time.Hour {
			t.Errorf("got %+v, want it enabled for the eight hours that were picked", after)
		}
		edit := []string{"version", "1", "start", "2026-10-28", "end", "2026-11-08", "what", "full", "purpose", "Annual leave"}
		bilal.Get("/cover/d-bilal/edit").Is(t, http.StatusOK)
		bilal.Follow(bilal.Post("/cover/d-bilal/edit", edit...).Leads(t, "/cover/d-bilal")).Says(t, "Saved.", "Active until Sun 8 Nov, 24:00")
		again(bilal, "/cover/d-bilal/edit", changed(edit, "version", "2", "end", "2026-12-20", "purpose", "All of the leave")...).
			Says(t, "Saved.", "Active until Sun 20 Dec, 24:00", "All of the leave")
		h.Pass(signin.ProofLasts)
		again(bilal, "/cover/d-bilal/renew").Says(t, "Renewed until")
		h.Pass(signin.ProofLasts)
		bilal.Follow(bilal.Post("/cover/d-bilal/inactivate").Leads(t, "/cover/d-bilal"))
		if got := h.Delegation("d-bilal").State; got != delegation.Inactive {
			t.Fatalf("got %s, want it inactive", got)
		}
		again(bilal, "/cover/d-bilal/reactivate").Says(t, "Active again.")
		h.Pass(signin.ProofLasts)
		bilal.Follow(bilal.Post("/cover/d-bilal/end").Leads(t, "/cover/d-bilal")).Says(t, "Ended.")
		bilal.Post("/cover/d-bilal/renew").Is(t, http.StatusConflict)
	})
}

// TestThreat43AnExportOfPagesEndsWithTheSession: what the principal's record says is not read any further once acting ended.
func TestThreat43AnExportOfPagesEndsWithTheSession(t *testing.T) {
	for _, revoked := range []bool{true, false} {
		then := func(h *webtest.House) {
			if _, err := h.Delegations.Revoke(t.Context(), h.Caller("bilal"), "d-bilal"); revoked && err != nil {
				t.Error(err)
			}
		}
		if !revoked {
			then = func(*webtest.House) {}
		}
		interrupt := func(h *webtest.House, c frame.Config) http.Handler {
			pages := New(Config{Rooms: h.Rooms, Now: c.Now, Log: c.Log})
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/audit/export" {
					w = &interrupted{w, func() { then(h) }}
				}
				pages.ServeHTTP(w, r)
			})
		}
		webtest.Run(t, interrupt, func(t *testing.T, h *webtest.House) {
			err := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				for range 450 {
					if _, err := h.Ledger.Append(ctx, tx, ledger.Record{Organisation: webtest.Acme, Actor: "person:bilal", At: h.Now(), Action: "test.done"}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			b := h.As("ada")
			b.Act("d-bilal")
			response, err := b.Client.Get(h.URL + "/audit/export")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			read, err := io.ReadAll(response.Body)
			if lines := bytes.Count(read, []byte("\n")); revoked != (err != nil) || revoked && lines > 200 || !revoked && lines < 450 {
				t.Errorf("revoked %t: got %d lines (%v)", revoked, lines, err)
			}
		})
	}
}

// interrupted does something as soon as the first bytes are written.
type interrupted struct {
	http.ResponseWriter
	then func()
}

func (w *interrupted) Write(p []byte) (int, error) {
	if then := w.then; then != nil {
		w.then = nil
		then()
	}
	return w.ResponseWriter.Write(p)
}
