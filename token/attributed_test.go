package token_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
)

// TestNobodyIsRecordedByAnIDAlone: whoever knows a grant's id, which stands in access tokens and in records, and not its secret,
// makes no record of the person whose it is; the secret in wrong hands does.
func TestNobodyIsRecordedByAnIDAlone(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h := w.open(w.enter("ann"), "desk")
		id, family := string(h.Grant.ID), strings.Split(h.refresh, ".")[1]
		other := strings.Map(func(r rune) rune {
			if r == 'a' {
				return 'b'
			}
			return 'a'
		}, family)
		guessed := strings.Repeat("a", 52)
		for _, client := range []standin.ClientID{"desk", "page", "back"} {
			for _, secret := range []string{id + "." + guessed, id + "." + other + "." + guessed} {
				_, _, err := w.Redeem(t.Context(), w.ClientNow(client), redemption(client, secret))
				refused(t, err, "token.unknown", "invalid_grant")
				_, _, err = w.Refresh(t.Context(), w.ClientNow(client), token.Renewal{Token: secret, Origin: home})
				refused(t, err, "token.unknown", "invalid_grant")
			}
		}
		for _, action := range []string{"token.redeem", "token.refresh"} {
			got := w.told(acme, action)
			if len(got) != 6 || slices.ContainsFunc(got, func(line string) bool { return !strings.HasPrefix(line, "system:token  ") }) {
				t.Errorf("%s: got %q, want six refusals of nobody's", action, got)
			}
		}
		_, _, err := w.Refresh(t.Context(), w.ClientNow("back"), token.Renewal{Token: h.refresh, Origin: home})
		refused(t, err, "token.not_yours", "invalid_grant")
		if got := w.told(acme, "token.refresh"); len(got) != 7 || !slices.Contains(got, `person:ann  token.refresh refused ["token.not_yours"]`) {
			t.Errorf("got %q, want that ann's was in another's hands", got)
		}
		if _, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh, Origin: home}); err != nil {
			t.Errorf("got %v, want ann's sign-in untouched", err)
		}
	})
}
