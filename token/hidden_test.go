package token_test

import (
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
)

// TestNobodyHidesARefusal: whoever fills the bound of what is recorded, as anybody can who knows an application's id, hides by it
// neither what people were refused there nor what the application itself was.
func TestNobodyHidesARefusal(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, cookie, _ := w.acting()
		flood := func(client standin.ClientID, action string) {
			for range 70 {
				err := w.Refused(t.Context(), client, nil, action, standin.Refuse(standin.Denied, "test", "provider.redirect", "…"), home)
				if standin.CodeOf(err) != "provider.redirect" {
					t.Fatal(err)
				}
			}
		}
		flood("third", "client.authorize")
		if err := w.Allow(t.Context(), w.Visit(cookie).Caller, "third", []string{"openid"}); standin.CodeOf(err) != "token.not_while_acting" {
			t.Fatal(err)
		}
		if got := w.told(acme, "consent.give"); len(got) != 1 || got[0] != `person:ann hal consent.give refused ["token.not_while_acting"]` {
			t.Errorf("got %q, want what ann tried in hal's place", got)
		}
		flood("desk", "client.authorize")
		flood("desk", "token.issue")
		if _, err := w.Exchange(t.Context(), w.ClientNow("desk"), token.Exchanging{SubjectToken: "x", SubjectType: token.AccessTokenType, Origin: home}); err == nil {
			t.Fatal("exchanged")
		}
		if got := w.told(acme, "token.exchange"); len(got) != 1 {
			t.Errorf("got %q, want what desk tried", got)
		}
		w.Pass(time.Second)
		flood("desk", "token.exchange")
		wider := exchanging(h.access)
		wider.Scopes = []string{"everything"}
		if _, err := w.Exchange(t.Context(), w.ClientNow("desk"), wider); err == nil {
			t.Fatal("exchanged")
		}
		if got := w.told(acme, "token.exchange"); !slices.Contains(got, `person:ann hal token.exchange refused ["token.scope"]`) {
			t.Errorf("got %d records, want one to name ann and hal", len(got))
		}
	})
}

// TestRefusalsAreBoundedInAnHour: whoever goes on for hours, in whatever kinds, fills the record no further than the bound of the hour.
// The record says once that it was reached, and what names somebody is told still.
func TestRefusalsAreBoundedInAnHour(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.Pass(w.Now().Truncate(time.Hour).Add(time.Hour).Sub(w.Now()))
		_, cookie, _ := w.acting()
		all := func() int { return len(w.told(acme, "client.%")) + len(w.told(acme, "token.%")) }
		before, reached := all(), func() int { return len(w.told(acme, "client.refusals")) }
		hour := func() {
			for minute := range 6 {
				for i, action := range []string{"client.authorize", "client.push", "token.issue"} {
					for range 60 - 20*i {
						err := w.Refused(t.Context(), "third", nil, action, standin.Refuse(standin.Denied, "test", "provider.redirect", "…"), home)
						if standin.CodeOf(err) != "provider.redirect" {
							t.Fatal(err)
						}
					}
				}
				if got := reached(); minute == 4 && got != 0 {
					t.Errorf("got it said %d times before the bound was reached", got)
				}
				w.Pass(time.Minute)
			}
		}
		hour()
		if got := all() - before; got != 601 || reached() != 1 {
			t.Errorf("got %d records, %d that the bound was reached; want 600 and one", got, reached())
		}
		if got := w.told(acme, "client.refusals"); len(got) != 1 || got[0] != `system:token  client.refusals refused ["token.refusals_full"]` {
			t.Errorf("got %q", got)
		}
		if err := w.Allow(t.Context(), w.Visit(cookie).Caller, "third", []string{"openid"}); standin.CodeOf(err) != "token.not_while_acting" {
			t.Fatal(err)
		}
		if got := w.told(acme, "consent.give"); len(got) != 1 {
			t.Errorf("got %q, want what ann tried in hal's place", got)
		}
		w.Pass(time.Hour)
		err := w.Refused(t.Context(), "third", nil, "client.push", standin.Refuse(standin.Denied, "test", "provider.redirect", "…"), home)
		if got := all() - before; standin.CodeOf(err) != "provider.redirect" || got != 602 {
			t.Errorf("got %d records an hour later, %v; want one more", got, err)
		}
		w.agrees(t)
	})
}
