package logout

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
)

// TestEveryEndIsTold: however a sign-in to an application ends, by whomever, the application is told which, once, and its
// grant is ended.
func TestEveryEndIsTold(t *testing.T) {
	run(t, func(h *house) {
		h.works(h.Logout)
		for i, c := range ends {
			h.t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
				in := h.within(t)
				in.cast = h.plays("-" + strconv.Itoa(i))
				in.endIsTold(c)
			})
		}
	})
}

// end is one way in which a sign-in to an application ends.
type end struct {
	name string
	own  bool // in Bilal's own name; else as Chiara
	do   func(h *house, b *browser, g held) error
}

var ends = []end{
	{"stopped", false, func(_ *house, b *browser, _ held) error { b.stop(); return nil }},
	{"switched", false, func(h *house, b *browser, _ held) error { b.act(h.covers["dario"]); return nil }},
	{"began to act", true, func(h *house, b *browser, _ held) error { b.act(h.covers["dario"]); return nil }},
	{"signed out", false, func(h *house, b *browser, _ held) error { return h.signin.Out(h.t.Context(), b.token, origin) }},
	{"signed out in their own name", true, func(h *house, b *browser, _ held) error { return h.signin.Out(h.t.Context(), b.token, origin) }},
	{"ended by the principal", false, func(h *house, _ *browser, g held) error {
		return h.acting.EndByPrincipal(h.t.Context(), h.caller("chiara"), g.Session)
	}},
	{"revoked", false, func(h *house, _ *browser, _ held) error {
		_, err := h.delegations.Revoke(h.t.Context(), h.caller("chiara"), h.covers["chiara"])
		return err
	}},
	{"paused", false, func(h *house, _ *browser, _ held) error {
		_, err := h.delegations.Deactivate(h.t.Context(), h.caller("chiara"), h.covers["chiara"])
		return err
	}},
	{"actor inactive", true, func(h *house, _ *browser, g held) error { return h.directory.Deactivate(h.t.Context(), boss, g.Actor) }},
	{"principal inactive", false, func(h *house, _ *browser, g held) error {
		return h.directory.Deactivate(h.t.Context(), boss, g.Principal)
	}},
	{"application ended", false, func(h *house, _ *browser, g held) error {
		return h.applications.EndClient(h.t.Context(), boss, g.client.ID)
	}},
	{"application takes no stand-ins", false, func(h *house, _ *browser, g held) error {
		next := g.client
		next.StandIns = false
		_, err := h.applications.ChangeClient(h.t.Context(), boss, next)
		return err
	}},
	{"refresh token used twice", false, func(h *house, _ *browser, g held) error {
		_, _, err := h.tokens.Refresh(h.t.Context(), g.client, token.Renewal{Token: g.refresh, Origin: origin})
		if err == nil {
			_, _, twice := h.tokens.Refresh(h.t.Context(), g.client, token.Renewal{Token: g.refresh, Origin: origin})
			if twice == nil {
				err = fmt.Errorf("a refresh token was taken twice")
			}
		}
		return err
	}},
	{"time up", false, func(h *house, _ *browser, _ held) error {
		h.move(61 * time.Minute)
		n, err := h.acting.CloseExpired(h.t.Context())
		if err == nil && n == 0 {
			err = fmt.Errorf("no session was closed")
		}
		return err
	}},
}

// endIsTold lets the sign-in end, and wants the application told of it.
func (h *house) endIsTold(c end) {
	b := h.signIn(h.person("bilal"))
	if !c.own {
		b.act(h.covers["chiara"])
	}
	desk := "desk" + h.suffix
	g := b.opens(h.app("desk"))
	b.opens(h.app("mute"))
	h.must(c.do(h, b, g))
	h.await("the application is told", func() bool { return len(h.apps.told(desk)) > 0 })
	h.await("the grant has ended", func() bool { return h.ended(g.ID) != "" })
	got := h.says(h.apps.told(desk)[0], jose.ES256)
	want := map[string]any{"iss": issuer, "sub": string(g.Principal), "aud": desk, "sid": g.SID(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	times := cmpopts.IgnoreMapEntries(func(name string, _ any) bool { return slices.Contains([]string{"iat", "exp", "jti"}, name) })
	if diff := cmp.Diff(want, got, times); diff != "" {
		h.t.Errorf("the logout token says (-want +got):\n%s", diff)
	}
	for _, name := range []string{"iat", "exp", "jti"} {
		if got[name] == nil {
			h.t.Errorf("the logout token has no %s: %v", name, got)
		}
	}
	h.await("the outcome is written down", func() bool { return h.open() == 0 })
	if n := len(h.apps.told(desk)); n != 1 {
		h.t.Errorf("told %d times, want once", n)
	}
}

// open returns how many deliveries have not ended.
func (h *house) open() int {
	h.t.Helper()
	n, _, err := h.Waiting(h.t.Context())
	h.must(err)
	return n
}

// TestWhatEndsByTheClockAlone: a login that nobody uses ends without a record; looking finds what fell with it.
func TestWhatEndsByTheClockAlone(t *testing.T) {
	run(t, func(h *house) {
		b := h.signIn("bilal")
		g := b.opens("mail")
		if next, err := h.Sweep(h.t.Context(), ""); next != "" || err != nil {
			h.t.Errorf("got %q (%v), want the end", next, err)
		}
		if how := h.ended(g.ID); how != "" {
			h.t.Fatalf("a grant that stands was ended: %s", how)
		}
		h.move(48 * time.Hour)
		_, err := h.Sweep(h.t.Context(), "")
		h.must(err)
		if how := h.ended(g.ID); how != token.Fallen {
			h.t.Errorf("got %q, want it fallen", how)
		}
		h.works(h.Logout)
		h.await("the application is told", func() bool { return len(h.apps.told("mail")) == 1 })
		if got := h.says(h.apps.told("mail")[0], jose.RS256); got["sid"] != string(g.Login) {
			h.t.Errorf("got sid %v, want the login's", got["sid"])
		}
	})
}

// TestWhatIsNotTold: what an application gave back itself, a code that it never redeemed, and what it never wanted to know.
func TestWhatIsNotTold(t *testing.T) {
	run(t, func(h *house) {
		h.works(h.Logout)
		b := h.signIn("bilal")
		g := b.opens("desk")
		h.must(h.tokens.Revoke(h.t.Context(), g.client, g.refresh, origin))
		b.begins("desk")
		b.opens("mute")
		other := b.opens("mail") // what is told of it comes after the others
		h.must(h.signin.Out(h.t.Context(), b.token, origin))
		h.await("all is told", func() bool { return h.ended(other.ID) != "" && len(h.apps.told("mail")) == 1 && h.open() == 0 })
		if n := len(h.apps.told("desk")) + len(h.apps.told("mute")); n > 0 {
			h.t.Errorf("%d were told that need not know", n)
		}
	})
}

// TestOtherSignInsStay: what one sign-in's end does not touch goes on.
func TestOtherSignInsStay(t *testing.T) {
	run(t, func(h *house) {
		h.works(h.Logout)
		one, two, dario := h.signIn("bilal"), h.signIn("bilal"), h.signIn("dario")
		one.act(h.covers["chiara"])
		gone, stays, others := one.opens("desk"), two.opens("desk"), dario.opens("desk")
		one.stop()
		h.await("the application is told", func() bool { return len(h.apps.told("desk")) == 1 && h.ended(gone.ID) != "" })
		for _, g := range []held{stays, others} {
			if _, err := h.tokens.Standing(h.t.Context(), acme, g.ID, false); err != nil {
				h.t.Errorf("%s fell, too: %v", g.Actor, err)
			}
		}
	})
}

// TestToldAgain: an application that fails is told again, later each time, with a new token for the same end, until it
// understands; one that answers nothing for a day is given up. Both are recorded.
func TestToldAgain(t *testing.T) {
	run(t, func(h *house) {
		ctx := h.t.Context()
		h.apps.answers(func(w http.ResponseWriter, r *http.Request) {
			switch n := len(h.apps.told("desk")); {
			case r.URL.Path == "/mail":
				http.Redirect(w, r, h.apps.URL+"/elsewhere", http.StatusTemporaryRedirect)
			case n < 3:
				http.Error(w, "not now", http.StatusServiceUnavailable)
			}
		})
		b := h.signIn("bilal")
		g := b.opens("desk")
		b.opens("mail")
		stop := h.works(h.Logout)
		h.must(h.signin.Out(ctx, b.token, origin))
		h.await("both are tried", func() bool { return len(h.apps.told("desk")) > 0 && len(h.apps.told("mail")) > 0 })
		h.await("what became of it is known", func() bool {
			s, err := h.Of(ctx, boss, "desk", 1)
			h.must(err)
			return len(s.Deliveries) == 1 && s.Deliveries[0].Problem == "503"
		})
		h.await("where an application points is not followed", func() bool {
			s, err := h.Of(ctx, boss, "mail", 5)
			h.must(err)
			return s.Waiting == 1 && s.Deliveries[0].Problem == Redirected
		})
		h.move(longest * 2)
		h.await("it was told again", func() bool {
			s, err := h.Of(ctx, boss, "desk", 5)
			h.must(err)
			return s.Deliveries[0].Tries == 2
		})
		h.move(longest * 2)
		h.await("it understood", func() bool {
			s, err := h.Of(ctx, boss, "desk", 5)
			h.must(err)
			return s.Waiting == 0 && s.Deliveries[0].EndedHow == Told && s.Deliveries[0].Tries == 3
		})
		ids := map[any]bool{}
		for _, r := range h.apps.told("desk") {
			claims := h.says(r, jose.ES256)
			if ids[claims["jti"]] || claims["sid"] != g.SID() {
				h.t.Errorf("got %v, want a new token for the same end", claims)
			}
			ids[claims["jti"]] = true
		}
		h.move(GivesUp)
		h.await("the other is given up", func() bool {
			s, err := h.Of(ctx, boss, "mail", 5)
			h.must(err)
			return s.Waiting == 0 && s.Deliveries[0].EndedHow == GivenUp
		})
		stop()
		if n := len(h.apps.told("elsewhere")); n > 0 {
			h.t.Errorf("%d tokens went where an application pointed", n)
		}
		for _, r := range append(h.apps.told("desk"), h.apps.told("mail")...) {
			if r.cookies > 0 {
				h.t.Error("a cookie was sent")
			}
		}
		if got := h.recorded(); !slices.Equal(got, []string{"desk done bilal", "mail failed bilal"}) {
			h.t.Errorf("the record says %v", got)
		}
		h.explained()
	})
}

// explained wants the record to explain every client and grant still.
func (h *house) explained() {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return h.ledger.Unexplained(ctx, tx, acme, []ledger.Walk{{Kinds: []string{"client", "application", "key"}, Explain: h.applications.Explain},
			{Kinds: []string{"grant", "consent"}, Explain: h.tokens.Explain}}, func(d ledger.Difference) error {
			h.t.Errorf("%s: %s", d.Resource, d.What)
			return nil
		})
	}))
}

// recorded returns the records of deliveries that ended, by application.
func (h *house) recorded() (all []string) {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT resource, outcome, principal FROM records WHERE action = 'client.told_logout' ORDER BY resource`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var resource, outcome, principal string
			if err := rows.Scan(&resource, &outcome, &principal); err != nil {
				return err
			}
			all = append(all, strings.TrimPrefix(resource, "client:")+" "+outcome+" "+principal)
		}
		return rows.Err()
	}))
	return all
}

// TestOneThatHangsHoldsNobodyUp: however much an application that never answers is to be told, another is told meanwhile.
func TestOneThatHangsHoldsNobodyUp(t *testing.T) {
	run(t, func(h *house) {
		release := make(chan struct{})
		h.apps.answers(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/desk" {
				select {
				case <-release:
				case <-r.Context().Done():
				}
			}
		})
		defer close(release)
		for range AtOnce + 5 {
			b := h.signIn("dario")
			b.opens("desk")
			h.must(h.signin.Out(h.t.Context(), b.token, origin))
		}
		stop := h.works(h.Logout)
		h.await("the one that hangs is told", func() bool { return len(h.apps.told("desk")) >= EachAtOnce })
		b := h.signIn("bilal")
		b.opens("mail")
		h.must(h.signin.Out(h.t.Context(), b.token, origin))
		h.await("the other is told", func() bool { return len(h.apps.told("mail")) == 1 })
		if n := len(h.apps.told("desk")); n > EachAtOnce {
			h.t.Logf("the one that hangs has been told %d times", n)
		}
		if n := h.open(); n < AtOnce {
			h.t.Errorf("%d wait, want those for the one that hangs", n)
		}
		stop()
	})
}

// TestWhoTellsMayDie: what one program took and never finished, another one does; of several programs one tells.
func TestWhoTellsMayDie(t *testing.T) {
	run(t, func(h *house) {
		b := h.signIn("bilal")
		g := b.opens("desk")
		h.must(h.signin.Out(h.t.Context(), b.token, origin))
		_, err := h.Sweep(h.t.Context(), "")
		h.must(err)
		due, err := h.take(h.t.Context())
		if err != nil || len(due) != 1 {
			h.t.Fatalf("got %d (%v), want the one delivery", len(due), err)
		}
		// This program dies here. Its place is not another's.
		all := []*Logout{h.other(), h.other(), h.other()}
		if again, err := all[0].take(h.t.Context()); len(again) != 0 || err != nil {
			h.t.Fatalf("got %d (%v), want it left to who took it", len(again), err)
		}
		h.works(all...)
		h.move(taken)
		h.await("another one tells", func() bool { return h.open() == 0 })
		if got := h.apps.told("desk"); len(got) != 1 || h.says(got[0], jose.ES256)["sid"] != g.SID() {
			h.t.Errorf("told %d times, want once", len(got))
		}
		// The first one comes back and finds that it is done.
		h.must(h.finish(h.t.Context(), Delivery{Organisation: acme, ID: due[0].ID, EndedHow: GivenUp, EndedAt: h.clock(), TriedAt: h.clock()}, due[0].DueAt, h.clock()))
		if got := h.recorded(); !slices.Equal(got, []string{"desk done bilal"}) {
			h.t.Errorf("the record says %v", got)
		}
	})
}

// TestWhatCannotBeTriedIsGivenBack: a program that cannot sign holds a delivery up no longer than a moment; another one tells.
func TestWhatCannotBeTriedIsGivenBack(t *testing.T) {
	run(t, func(h *house) {
		b := h.signIn("bilal")
		b.opens("desk")
		h.must(h.signin.Out(h.t.Context(), b.token, origin))
		_, err := h.Sweep(h.t.Context(), "")
		h.must(err)
		_, _, err = h.keys.Signer(h.t.Context(), keys.ES256)
		h.must(err)
		strange := h.other()
		strange.keys = keys.New(h.db, h.ledger, h.directory, keys.NewSeal(), h.clock, quiet)
		due, err := strange.take(h.t.Context())
		if err != nil || len(due) != 1 {
			h.t.Fatalf("got %d (%v), want the one delivery", len(due), err)
		}
		if err := strange.tell(h.t.Context(), due[0]); standin.CodeOf(err) != "keys.sealed" {
			h.t.Errorf("got %v, want that it cannot sign", err)
		}
		strange.giveBack(h.t.Context(), due[0])
		h.move(poll)
		h.works(h.Logout)
		h.await("the other one tells", func() bool { return h.open() == 0 && len(h.apps.told("desk")) == 1 })
	})
}

// other is another program on the same database.
func (h *house) other() *Logout {
	return New(House{DB: h.db, Ledger: h.ledger, Directory: h.directory, Applications: h.applications, Tokens: h.tokens, Keys: h.keys, Log: quiet,
		Networks: here}, h.clock)
}

// TestThreat82OnlyTheRegisteredAddress: an address that nobody could register, put there past Standin, is not sent to.
func TestThreat82OnlyTheRegisteredAddress(t *testing.T) {
	run(t, func(h *house) {
		b := h.signIn("bilal")
		b.opens("desk")
		h.must(h.signin.Out(h.t.Context(), b.token, origin))
		_, err := h.Sweep(h.t.Context(), "")
		h.must(err)
		for _, address := range []string{"http://198.51.100.7/desk", "ftp://127.0.0.1/desk", "http://bilal:secret@127.0.0.1/desk", "http://127.0.0.1/desk#x"} {
			h.execute(`UPDATE clients SET back_channel = $1 WHERE id = 'desk'`, address)
			c, err := h.registered("desk")
			h.must(err)
			if problem, err := h.send(h.t.Context(), c, Delivery{ID: "lo-1", Client: "desk"}); problem != Unsafe || err != nil {
				h.t.Errorf("%s: got %q (%v), want it unsafe", address, problem, err)
			}
		}
		if n := len(h.apps.told("desk")); n != 0 {
			h.t.Errorf("%d were sent", n)
		}
		h.execute(`UPDATE clients SET back_channel = '' WHERE id = 'desk'`)
		h.works(h.Logout)
		h.await("it is told no more", func() bool { return h.open() == 0 })
	})
}

// TestWhoSeesHowItGoes: those who keep settings; and they learn of no person.
func TestWhoSeesHowItGoes(t *testing.T) {
	run(t, func(h *house) {
		for _, by := range []standin.Caller{h.caller("chiara"), {Organisation: acme, Actor: "person:boss", Principal: "chiara", Session: "s-1", Delegation: "d-1"}} {
			if _, err := h.Of(h.t.Context(), by, "desk", 5); standin.KindOf(err) != standin.Denied {
				h.t.Errorf("%s: got %v, want a refusal", by.Identity(), err)
			}
		}
		b := h.signIn("bilal")
		b.opens("desk")
		h.must(h.signin.Out(h.t.Context(), b.token, origin))
		_, err := h.Sweep(h.t.Context(), "")
		h.must(err)
		_, err = h.directory.PutOrganisation(h.t.Context(), standin.OperatorCaller("rival", "test"),
			directory.Organisation{ID: "rival", Name: "Rival", Settings: directory.DefaultSettings()})
		h.must(err)
		for org, want := range map[standin.OrganisationID]int{acme: 1, "rival": -1} {
			s, err := h.Of(h.t.Context(), standin.OperatorCaller(org, "test"), "desk", 5)
			if org == "rival" && standin.KindOf(err) == standin.NotFound {
				continue
			}
			if err != nil || s.Waiting != want || len(s.Deliveries) != want || s.Oldest.IsZero() != (want == 0) {
				h.t.Errorf("%s: got %+v (%v), want %d", org, s, err, want)
			}
		}
	})
}
