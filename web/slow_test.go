package web

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/web/webtest"
)

// TestThreat43AFormThatTakesItsTime: whoever is signed out everywhere while their form is under way changes nothing by it, for a
// sign-in that ended is over within a second (P5).
func TestThreat43AFormThatTakesItsTime(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/settings")
		patient := *b.Client
		patient.Transport = &http.Transport{ExpectContinueTimeout: time.Minute}
		send := func(zone string, before func()) *webtest.Answer {
			sent := b.Request("/settings/language", "zone", zone, "language", "de")
			form, err := io.ReadAll(sent.Body)
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequest(sent.Method, sent.URL.String(), housetest.Slow(string(form), before))
			if err != nil {
				t.Fatal(err)
			}
			r.Header, r.ContentLength = sent.Header, int64(len(form))
			r.Header.Set("Expect", "100-continue") // so that the form waits until somebody reads it
			slowly := *b
			slowly.Client = &patient
			return slowly.Do(r)
		}
		zone := func() (zone string) {
			t.Helper()
			if err := h.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				p, err := h.Directory.Person(ctx, tx, webtest.Acme, "ada")
				zone = p.TimeZone
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return zone
		}
		send("Europe/Rome", func() { h.Pass(2 * time.Second) })
		if got := zone(); got != "Europe/Rome" {
			t.Fatalf("got %q, want a slow form of who is still there to do", got)
		}
		send("Europe/Paris", func() {
			if err := h.Signin.OutEverywhere(t.Context(), h.Caller("ada")); err != nil {
				t.Error(err)
			}
			h.Pass(2 * time.Second)
		})
		if got := zone(); got != "Europe/Rome" {
			t.Errorf("got %q, want it as it was: ada was signed out before the form came", got)
		}
	})
}
