package token_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
)

// TestThreat26NoProgramActsWithoutAHuman: no program is anybody's stand-in, begins to act or makes a token that acts where nobody
// does; what goes on through services names the human who is there first, in the token and in the record.
func TestThreat26NoProgramActsWithoutAHuman(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "hal")
		for _, n := range []delegation.Naming{{Actors: []standin.PersonID{"ann"}, Kind: "agent"}, {Actors: []standin.PersonID{"key:desk-key"}},
			{Actors: []standin.PersonID{"client:desk"}}, {Actors: []standin.PersonID{"agent:1"}}} {
			n.Principal, n.Purpose = "hal", "leave"
			if list, err := w.Delegations.Name(t.Context(), as("hal"), n); standin.KindOf(err) != standin.Invalid && standin.KindOf(err) != standin.NotFound {
				t.Errorf("%+v: got %v, %v, want it refused", n, list, err)
			}
		}
		for _, actor := range []standin.Actor{"key:desk-key", "agent:1", "system:token", "operator:apply", "client:desk", "ann", ""} {
			c := standin.Caller{Organisation: acme, Actor: actor, Principal: "ann", Login: standin.Login{ID: "l-1", Ends: w.Now().Add(time.Hour), Proved: w.Now()}}
			if s, _, err := w.Represent(c, d); standin.KindOf(err) != standin.Denied {
				t.Errorf("%q: got %v, %v, want that only people act", actor, s.ID, err)
			}
		}
		own := w.open(w.enter("ann"), "desk")
		hals := w.open(w.enter("hal"), "desk")
		for name, p := range map[string]token.Exchanging{"a token of somebody's own": exchanging(hals.access), "the principal's with a deputy's own": withActor(hals.access, own.access)} {
			_, err := w.Exchange(t.Context(), w.ClientNow("back"), p)
			if err == nil {
				t.Errorf("%s: got a token in which somebody acts", name)
			}
			if _, err = w.Exchange(t.Context(), w.ClientNow("desk"), p); standin.KindOf(err) != standin.Invalid {
				t.Errorf("%s, by whom it was given: got %v, want it refused", name, err)
			}
		}
		w.Pass(time.Second)
		h := w.open(w.act(w.enter("ann"), d), "desk")
		far, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access))
		if err != nil {
			t.Fatal(err)
		}
		if far, err = w.Exchange(t.Context(), w.ClientNow("deep"), exchanging(w.Access(far))); err != nil {
			t.Fatal(err)
		}
		if act, _ := token.Claims(far, w.Now())["act"].(map[string]any); act["sub"] != "ann" {
			t.Errorf("got act %v, want the human first", act)
		}
		for _, r := range w.Records(ledger.Filter{Organisation: acme, Action: "token.exchange"}) {
			if r.Outcome == ledger.Done && (r.Actor != "person:ann" || r.Principal != "hal") {
				t.Errorf("got the record %+v, want both people in it", r)
			}
		}
	})
}
