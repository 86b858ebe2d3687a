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
