package token_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
)

// TestThreat63ForgedCode, 65: a code opens what it was made for, for whom, once and soon.
func TestThreat63ForgedCode(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		cookie := w.enter("ann")
		for _, c := range []struct {
			name, code string
			with       func(code string) token.Redemption
			client     standin.ClientID
			late       time.Duration
		}{
			{"truncated", "token.unknown", func(c string) token.Redemption { return redemption("desk", c[:len(c)-1]) }, "desk", 0},
			{"another secret", "token.unknown", func(c string) token.Redemption {
				id, _, _ := strings.Cut(c, ".")
				return redemption("desk", id+"."+standin.NewSecret())
			}, "desk", 0},
			{"none", "token.unknown", func(string) token.Redemption { return redemption("desk", "") }, "desk", 0},
			{"unknown", "token.unknown", func(string) token.Redemption { return redemption("desk", token.NewSecret(token.NewGrantID())) }, "desk", 0},
			{"another application", "token.not_yours", func(c string) token.Redemption { return redemption("desk", c) }, "back", 0},
			{"another address", "token.redirect", func(c string) token.Redemption { return redemption("back", c) }, "desk", 0},
			{"no verifier", "token.verifier", func(c string) token.Redemption {
				r := redemption("desk", c)
				r.Verifier = ""
				return r
			}, "desk", 0},
			{"the challenge as the verifier", "token.verifier", func(c string) token.Redemption {
				r := redemption("desk", c)
				r.Verifier = challenge
				return r
			}, "desk", 0},
			{"late", "token.code_late", func(c string) token.Redemption { return redemption("desk", c) }, "desk", token.CodeLasts},
		} {
			p := c.with(w.code(cookie, "desk"))
			w.Pass(c.late)
			who, refresh, err := w.Redeem(t.Context(), w.ClientNow(c.client), p)
			if refused(t, err, c.code, "invalid_grant"); refresh != "" || who.Grant.ID != "" {
				t.Errorf("%s: got %+v", c.name, who)
			}
		}
		if got := w.told(acme, "token.redeem"); len(got) != 9 {
			t.Errorf("got %d records, want 9: %q", len(got), got)
		}
		if n := w.Count(`SELECT count(*) FROM grants WHERE redeemed_at IS NOT NULL`); n != 0 {
			t.Errorf("got %d redeemed", n)
		}
	})
}

// TestDowngradeIsRefused (THREATS 65, RFC 9700 §4.8.2): a verifier for a request that had no challenge.
func TestDowngradeIsRefused(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		bare := wish("desk")
		bare.Challenge = ""
		_, code, err := w.Begin(t.Context(), w.Visit(w.enter("ann")), bare)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = w.Redeem(t.Context(), w.ClientNow("desk"), redemption("desk", code))
		refused(t, err, "token.verifier", "invalid_grant")
	})
}

// TestAReplayedCodeEndsTheGrant (RFC 6749 §4.1.2).
func TestAReplayedCodeEndsTheGrant(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "hal")
		cookie := w.act(w.enter("ann"), d)
		code := w.code(cookie, "desk")
		who, refresh, err := w.Redeem(t.Context(), w.ClientNow("desk"), redemption("desk", code))
		if err != nil {
			t.Fatal(err)
		}
		access := w.Access(who)
		w.Pass(time.Hour / 2)
		_, _, err = w.Redeem(t.Context(), w.ClientNow("desk"), redemption("desk", code))
		refused(t, err, "token.reused", "invalid_grant")
		if _, _, err := w.Read(t.Context(), access, false); err == nil {
			t.Error("what the code gave is good")
		}
		if _, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: refresh}); token.Protocol(err) != "invalid_grant" {
			t.Errorf("refreshed: %v", err)
		}
		if got := w.told(acme, "grant.end"); len(got) != 1 || got[0] != "system:token hal grant.end done []" {
			t.Errorf("got %q", got)
		}
	})
}

// TestRefreshRotates: each refresh token works once; one that is used again ends everything, exchanged tokens included.
func TestRefreshRotates(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		first := h.refresh
		for range 3 {
			w.Pass(time.Minute)
			who, next, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh, Origin: home})
			if err != nil || next == h.refresh || who.Grant.ID != h.Grant.ID {
				t.Fatalf("got %v, %v", who.Grant.ID, err)
			}
			h.refresh, h.access = next, w.Access(who)
		}
		below, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access))
		if err != nil {
			t.Fatal(err)
		}
		exchanged := w.Access(below)
		if got := w.told(acme, "token.refresh"); len(got) != 3 || got[0] != "person:ann hal token.refresh done []" {
			t.Errorf("got %q", got)
		}
		_, _, err = w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh[:len(h.refresh)-1]})
		refused(t, err, "token.unknown", "invalid_grant")
		_, _, err = w.Refresh(t.Context(), w.ClientNow("back"), token.Renewal{Token: first})
		refused(t, err, "token.not_yours", "invalid_grant")
		if _, err := w.Standing(t.Context(), acme, h.Grant.ID, false); err != nil {
			t.Fatalf("got %v: whoever knows no refresh token of it ends nothing", err)
		}
		_, _, err = w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: first})
		refused(t, err, "token.reused", "invalid_grant")
		w.nothingStands(t, h, exchanged)
		if got := w.told(acme, "grant.end"); len(got) != 1 || got[0] != "system:token hal grant.end done []" {
			t.Errorf("got %q", got)
		}
		if n := w.Count(`SELECT count(*) FROM grants WHERE refresh = $1 OR code LIKE $2`, h.refresh, "g-%"); n != 0 {
			t.Error("a secret is stored as it is")
		}
	})
}

// TestRefreshInOnesOwnNameIsNotTold: nothing is done on behalf of anybody, so that there is nothing to tell.
func TestRefreshInOnesOwnNameIsNotTold(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h := w.open(w.enter("ann"), "desk")
		if _, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh}); err != nil {
			t.Fatal(err)
		}
		if got := w.told(acme, "token.%"); len(got) != 0 {
			t.Errorf("got %q", got)
		}
	})
}

// TestTwoRefreshesAtOnce, of which some share a transaction: one wins, and the others end what it got, for one of them may be a thief.
func TestTwoRefreshesAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		client := w.ClientNow("desk")
		results := atOnce(16, func() error {
			_, _, err := w.Refresh(context.Background(), client, token.Renewal{Token: h.refresh})
			return err
		})
		oneWins(t, results)
		if _, err := w.Standing(t.Context(), acme, h.Grant.ID, false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want the family over", err)
		}
	})
}

// TestTwoRedemptionsAtOnce: likewise.
func TestTwoRedemptionsAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		code := w.code(w.enter("ann"), "desk")
		client := w.ClientNow("desk")
		oneWins(t, atOnce(4, func() error {
			_, _, err := w.Redeem(context.Background(), client, redemption("desk", code))
			return err
		}))
		if _, err := w.Standing(t.Context(), acme, token.GrantOf(code), false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want the grant over", err)
		}
	})
}

func atOnce(n int, do func() error) []error {
	errs := make([]error, n)
	var begin, done sync.WaitGroup
	begin.Add(1)
	for i := range n {
		done.Go(func() {
			begin.Wait()
			errs[i] = do()
		})
	}
	begin.Done()
	done.Wait()
	return errs
}

func oneWins(t *testing.T, errs []error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case standin.CodeOf(err) != "token.reused":
			t.Errorf("got %v, want it used already", err)
		}
	}
	if won != 1 {
		t.Errorf("got %d of %d, want one: %v", won, len(errs), errors.Join(errs...))
	}
}

// TestBegin refuses what is not so any more when it is written: the identity, the proof, the request.
func TestBegin(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "hal")
		cookie := w.enter("ann")
		herself := w.Visit(cookie)
		acting := w.Visit(w.act(cookie, d))
		begin := func(v signin.Visit, change func(*token.Wish)) error {
			p := wish("desk")
			change(&p)
			_, _, err := w.Begin(t.Context(), v, p)
			return err
		}
		refused(t, begin(herself, func(*token.Wish) {}), "token.switched", "account_selection_required")
		refused(t, begin(acting, func(p *token.Wish) { p.Client, p.RedirectURI = "shy", "https://shy.example/callback" }), "token.no_stand_ins", "access_denied")
		refused(t, begin(acting, func(p *token.Wish) { p.Client = "third" }), "token.consent", "consent_required")
		refused(t, begin(acting, func(p *token.Wish) { p.Authenticated = w.Now() }), "token.proof_old", "login_required")
		refused(t, begin(acting, func(p *token.Wish) { p.Request = "r-none" }), "token.request_over", "invalid_request")
		if err := begin(acting, func(p *token.Wish) { p.Client = "none" }); standin.KindOf(err) != standin.NotFound {
			t.Errorf("got %v, want no such application", err)
		}
		if err := begin(acting, func(*token.Wish) {}); err != nil {
			t.Errorf("got %v, want ann signed in for hal", err)
		}
		want := "person:ann hal client.sign_in done []"
		if got := w.told(acme, "client.sign_in"); len(got) != 6 || !contains(got, want) {
			t.Errorf("got %q, want five refusals and %q", got, want)
		}
	})
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// TestRequestsAreAnsweredOnce: of parallel answers one is given; what is over is nothing.
func TestRequestsAreAnsweredOnce(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		r := token.Request{Organisation: acme, ID: "r-1", Client: "third", Pushed: token.Hashed("handle"), Browser: token.Hashed("cookie"), MaxAge: -1,
			RedirectURI: "https://third.example/callback", Scopes: []string{"openid"}, Prompt: []string{"login"}, Data: []byte(`{"a":1}`)}
		if err := w.SaveRequest(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got, err := w.PushedRequest(t.Context(), r.Pushed)
		if err != nil || got.ID != "r-1" || !got.ThirdParty || got.ClientName != "third" || got.MaxAge >= 0 || string(got.Data) != `{"a":1}` ||
			!got.ExpiresAt.Equal(w.Now().Add(token.RequestLasts)) {
			t.Errorf("got %+v, %v", got, err)
		}
		r.Client, r.ID, r.Pushed, r.MaxAge = "desk", "r-2", "", time.Minute
		if err := w.SaveRequest(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		v := w.Visit(w.enter("ann"))
		p := wish("desk")
		p.Request = "r-2"
		won := 0
		for _, err := range atOnce(3, func() error { _, _, err := w.Begin(context.Background(), v, p); return err }) {
			if err == nil {
				won++
			} else if standin.CodeOf(err) != "token.request_over" {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("got %d answers, want one", won)
		}
		w.Pass(token.RequestLasts)
		if _, err := w.Request(t.Context(), "r-1"); standin.CodeOf(err) != "token.request_over" {
			t.Errorf("got %v, want it over", err)
		}
		if dropped, err := w.DropRequest(t.Context(), "r-1"); err != nil || !dropped {
			t.Errorf("got %v, %v", dropped, err)
		}
		if dropped, err := w.DropRequest(t.Context(), "r-1"); err != nil || dropped {
			t.Errorf("dropped twice: %v, %v", dropped, err)
		}
	})
}

// TestKeysBindTokens (RFC 9449 §5, §10): a code and a public application's refresh token are good with their key alone.
func TestKeysBindTokens(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		p := wish("page")
		p.JKT = "key-1"
		_, code, err := w.Begin(t.Context(), w.Visit(w.enter("ann")), p)
		if err != nil {
			t.Fatal(err)
		}
		with := redemption("page", code)
		_, _, err = w.Redeem(t.Context(), w.ClientNow("page"), with)
		refused(t, err, "token.key", "invalid_grant")
		with.JKT = "key-1"
		who, refresh, err := w.Redeem(t.Context(), w.ClientNow("page"), with)
		if err != nil {
			t.Fatal(err)
		}
		if _, a, err := w.Read(t.Context(), w.Access(who), false); err != nil || a.JKT != "key-1" {
			t.Errorf("got %q, %v", a.JKT, err)
		}
		for _, key := range []string{"", "key-2"} {
			_, _, err = w.Refresh(t.Context(), w.ClientNow("page"), token.Renewal{Token: refresh, JKT: key})
			refused(t, err, "token.key", "invalid_grant")
		}
		if _, _, err := w.Refresh(t.Context(), w.ClientNow("page"), token.Renewal{Token: refresh, JKT: "key-1"}); err != nil {
			t.Error(err)
		}
	})
}

// TestProofsCountOnce and are forgotten when they would be refused for their age.
func TestProofsCountOnce(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		until := w.Now().Add(time.Minute)
		if err := w.UseProof(t.Context(), "key-1", "j-1", until); err != nil {
			t.Fatal(err)
		}
		if err := w.UseProof(t.Context(), "key-2", "j-1", until); err != nil {
			t.Errorf("got %v, want another key's j-1 its own", err)
		}
		refused(t, w.UseProof(t.Context(), "key-1", "j-1", until), "token.proof_used", "invalid_dpop_proof")
		w.Pass(time.Minute)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.Count(`SELECT count(*) FROM used_proofs`); n != 0 {
			t.Errorf("got %d left", n)
		}
	})
}
