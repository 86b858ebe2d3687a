package token_test

import (
	"context"
	"slices"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// TestThreat58AServiceThatWasCutOffHoldsNothing: a service from which an application's tokens were taken, or that exchanges no
// more, loses with that what it exchanged before, for whatever service behind it, and what was exchanged on from there.
func TestThreat58AServiceThatWasCutOffHoldsNothing(t *testing.T) {
	for name, cut := range map[string]func(w *porch){
		"no audience any more": func(w *porch) {
			c := w.ClientNow("desk")
			c.Audiences = []string{"desk", "deep"}
			w.Client(c)
		},
		"not registered to exchange any more": func(w *porch) {
			w.Client(application.Client{ID: "back", Organisation: acme, StandIns: true, ReadsAct: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, w *porch) {
				h, _, _ := w.acting()
				p := exchanging(h.access)
				p.Audience = []string{"deep"}
				once, err := w.Exchange(t.Context(), w.ClientNow("back"), p)
				if err != nil {
					t.Fatal(err)
				}
				twice, err := w.Exchange(t.Context(), w.ClientNow("deep"), exchanging(w.Access(once)))
				if err != nil {
					t.Fatal(err)
				}
				cut(w)
				for _, who := range []token.Who{once, twice} {
					if _, _, err := w.Read(t.Context(), w.Access(who), false); standin.CodeOf(err) != "token.over" {
						t.Errorf("%s: got %v, want it over", who.Grant.Client, err)
					}
				}
				if _, _, err := w.Read(t.Context(), h.access, false); err != nil {
					t.Errorf("got %v, want desk's own to stand", err)
				}
			})
		})
	}
}

// TestThreat51WhoExchangesNoMoreWhileAsking: that an application exchanges is asked in the transaction of the exchange, whatever
// was read of it before.
func TestThreat51WhoExchangesNoMoreWhileAsking(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		before := w.ClientNow("back")
		w.Client(application.Client{ID: "back", Organisation: acme, StandIns: true, ReadsAct: true})
		_, err := w.Exchange(t.Context(), before, exchanging(h.access))
		refused(t, err, "token.no_exchange", "unauthorized_client")
	})
}

// TestThreat57AThirdPartyGetsNoTokenForStandinByExchange: an application of somebody else gets none by registration, and so none
// in exchange for another application's either.
func TestThreat57AThirdPartyGetsNoTokenForStandinByExchange(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.Client(application.Client{ID: "third", Organisation: acme, ThirdParty: true, StandIns: true, Exchange: true})
		// As it may stand in a database of before: nothing registers both any more.
		w.Update(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE clients SET audiences = $1 WHERE id = 'desk'`, `["desk","third","standin"]`)
			return err
		})
		h, _, _ := w.acting()
		p := exchanging(h.access)
		p.Audience = []string{token.Standin}
		_, err := w.Exchange(t.Context(), w.ClientNow("third"), p)
		refused(t, err, "token.target", "invalid_target")
		who, err := w.Exchange(t.Context(), w.ClientNow("third"), exchanging(h.access))
		if err != nil || slices.Contains(who.Audience, token.Standin) || !slices.Contains(who.Audience, "third") {
			t.Errorf("got %v, %v, want all but Standin", who.Audience, err)
		}
	})
}
