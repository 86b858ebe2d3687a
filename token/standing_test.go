package token_test

import (
	"context"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// ends are the ways in which what a token rests on comes to its end while somebody acts.
type ending struct {
	name string
	do   func(t *testing.T, w *porch, cookie string, d standin.DelegationID)
}

func endings() []ending {
	return []ending{
		{"stopped", func(t *testing.T, w *porch, cookie string, _ standin.DelegationID) {
			if _, err := w.Signin.Stop(t.Context(), cookie, home); err != nil {
				t.Fatal(err)
			}
		}},
		{"switched", func(t *testing.T, w *porch, cookie string, _ standin.DelegationID) {
			w.act(cookie, w.Cover("ann", "bob"))
		}},
		{"signed out", func(t *testing.T, w *porch, cookie string, _ standin.DelegationID) {
			if err := w.Signin.Out(t.Context(), cookie, home); err != nil {
				t.Fatal(err)
			}
		}},
		{"revoked", func(t *testing.T, w *porch, _ string, d standin.DelegationID) {
			if _, err := w.Delegations.Revoke(t.Context(), as("hal"), d); err != nil {
				t.Fatal(err)
			}
		}},
		{"paused", func(t *testing.T, w *porch, _ string, d standin.DelegationID) {
			if _, err := w.Delegations.Deactivate(t.Context(), as("hal"), d); err != nil {
				t.Fatal(err)
			}
		}},
		{"actor inactive", func(t *testing.T, w *porch, _ string, _ standin.DelegationID) {
			if err := w.Directory.Deactivate(t.Context(), operator(), "ann"); err != nil {
				t.Fatal(err)
			}
		}},
		{"principal inactive", func(t *testing.T, w *porch, _ string, _ standin.DelegationID) {
			if err := w.Directory.Deactivate(t.Context(), operator(), "hal"); err != nil {
				t.Fatal(err)
			}
		}},
		{"principal inactive for a moment", func(t *testing.T, w *porch, _ string, _ standin.DelegationID) {
			if err := w.Directory.Deactivate(t.Context(), operator(), "hal"); err != nil {
				t.Fatal(err)
			}
			w.Pass(time.Second)
			if err := w.Directory.Reactivate(t.Context(), operator(), "hal"); err != nil {
				t.Fatal(err)
			}
			w.Pass(time.Second)
		}},
		{"time up", func(_ *testing.T, w *porch, cookie string, _ standin.DelegationID) {
			for range 5 {
				w.Pass(13 * time.Minute)
				w.Visit(cookie)
			}
		}},
		{"unused", func(_ *testing.T, w *porch, _ string, _ standin.DelegationID) { w.Pass(31 * time.Minute) }},
		{"application ended", func(t *testing.T, w *porch, _ string, _ standin.DelegationID) { w.end("desk") }},
		{"application takes no stand-ins any more", func(_ *testing.T, w *porch, _ string, _ standin.DelegationID) {
			c := w.ClientNow("desk")
			c.StandIns = false
			w.Client(c)
		}},
		{"nothing left that it opens", func(_ *testing.T, w *porch, _ string, _ standin.DelegationID) {
			c := w.ClientNow("desk")
			c.Audiences = []string{"another"}
			w.Client(c)
		}},
	}
}

// end ends the application for good.
func (w *porch) end(id standin.ClientID) {
	w.T.Helper()
	if err := w.DB.Update(w.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE clients SET ended_at = $2 WHERE id = $1`, string(id), standin.Micros(w.Now()))
		return err
	}); err != nil {
		w.T.Fatal(err)
	}
}

// TestThreat44EverythingIsAskedAnew, 32, 45, 58: whatever a token rests on, once that ended no way of using it is left.
func TestThreat44EverythingIsAskedAnew(t *testing.T) {
	for _, e := range endings() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, w *porch) {
				h, cookie, d := w.acting()
				back, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access))
				if err != nil {
					t.Fatal(err)
				}
				below := w.Access(back)
				unredeemed := w.code(cookie, "desk")
				for _, access := range []string{h.access, below} {
					if _, _, err := w.Read(t.Context(), access, true); err != nil {
						t.Fatal(err)
					}
				}
				e.do(t, w, cookie, d)
				w.nothingStands(t, h, below)
				if _, _, err := w.Redeem(t.Context(), w.ClientNow("desk"), redemption("desk", unredeemed)); err == nil {
					t.Error("its code is redeemed")
				}
			})
		})
	}
}

func (w *porch) code(cookie string, id standin.ClientID) string {
	w.T.Helper()
	_, code, err := w.Begin(w.T.Context(), w.Visit(cookie), wish(id))
	if err != nil {
		w.T.Fatal(err)
	}
	return code
}

// nothingStands tries every way of using what was held, and the token that was exchanged from it.
func (w *porch) nothingStands(t *testing.T, h held, below string) {
	t.Helper()
	if who, err := w.Standing(t.Context(), acme, h.Grant.ID, true); err == nil {
		t.Errorf("its grant stands: %+v", who)
	}
	for _, access := range []string{h.access, below} {
		if _, a, err := w.Read(t.Context(), access, true); err == nil {
			t.Error("its access token is read")
		} else if a.Principal != "hal" || a.Actor != "ann" || a.Grant == "" || standin.KindOf(err) != standin.Unauthenticated {
			t.Errorf("got %+v, %v; want to know whom it was about", a, err)
		}
		if _, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(access)); token.Protocol(err) != "invalid_request" {
			t.Errorf("exchanged: %v", err)
		}
	}
	if _, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh, Origin: home}); token.Protocol(err) != "invalid_grant" {
		t.Errorf("refreshed: %v", err)
	}
}

// TestOwnNameStandsWhileNobodyActs: what was signed in to as oneself ends when the login begins to act, and never comes back.
func TestOwnNameStandsWhileNobodyActs(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "hal")
		cookie := w.enter("ann")
		before := w.open(cookie, "desk")
		if before.Acting() || before.Principal.ID != "ann" || before.Grant.SID() != string(before.Grant.Login) {
			t.Fatalf("got %+v, want ann as herself", before.Grant)
		}
		cookie = w.act(cookie, d)
		if _, _, err := w.Read(t.Context(), before.access, false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want it over: she acts", err)
		}
		cookie, err := w.Signin.Stop(t.Context(), cookie, home)
		if err != nil {
			t.Fatal(err)
		}
		w.Pass(time.Second)
		if _, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: before.refresh}); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want it over for good", err)
		}
		after := w.open(cookie, "desk")
		if _, _, err := w.Read(t.Context(), after.access, false); err != nil {
			t.Errorf("got %v, want her own once more", err)
		}
	})
}

// TestTokensNeverOutliveWhatTheyRestOn: five minutes while acting, fifteen in one's own name, and never beyond session or login.
func TestTokensNeverOutliveWhatTheyRestOn(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		own := w.open(w.enter("bob"), "desk")
		h, cookie, _ := w.acting()
		for _, c := range []struct {
			name string
			who  token.Who
			want time.Duration
		}{{"acting", h.Who, token.ActingLasts}, {"own name", own.Who, token.OwnLasts}} {
			if _, a, err := w.Mint(t.Context(), c.who); err != nil || a.ExpiresAt.Sub(c.who.At) != c.want {
				t.Errorf("%s: got %v, %v, want %v", c.name, a.ExpiresAt.Sub(c.who.At), err, c.want)
			}
		}
		for w.Now().Add(4 * time.Minute).Before(h.Session.ExpiresAt) {
			w.Pass(4 * time.Minute)
			w.Visit(cookie)
		}
		late := w.open(cookie, "desk")
		if _, a, err := w.Mint(t.Context(), late.Who); err != nil || a.ExpiresAt.After(late.Session.ExpiresAt) {
			t.Errorf("got %v, %v; want no later than its session, %v", a.ExpiresAt, err, late.Session.ExpiresAt)
		}
		if late.Until.After(late.Session.ExpiresAt) || late.Until.After(late.Login.EndsAt) {
			t.Errorf("got until %v, want no later than session and login", late.Until)
		}
	})
}

// TestUsingItKeepsTheLogin: applications that are used keep the login from ending unused, and only those.
func TestUsingItKeepsTheLogin(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h := w.open(w.enter("ann"), "desk")
		for range 4 {
			w.Pass(20 * time.Minute)
			who, next, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh})
			if err != nil {
				t.Fatal(err)
			}
			h.refresh, h.access = next, w.Access(who)
		}
		w.Pass(14 * time.Minute)
		if _, _, err := w.Read(t.Context(), h.access, true); err != nil {
			t.Fatal(err)
		}
		w.Pass(20 * time.Minute)
		if _, err := w.Standing(t.Context(), acme, h.Grant.ID, false); err != nil {
			t.Errorf("got %v, want it to stand: it was used", err)
		}
		w.Pass(11 * time.Minute)
		if _, err := w.Standing(t.Context(), acme, h.Grant.ID, true); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want its login over: to look whether it stands is not to use it", err)
		}
	})
}

// TestThreat58DisabledAudience: an audience that ended, or takes no stand-ins, is in no token from then on.
func TestThreat58DisabledAudience(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		for _, a := range h.Audience {
			if a == "shy" || a == "foreign" {
				t.Errorf("got audience %v, want none that takes no stand-ins or is another organisation's", h.Audience)
			}
		}
		deep := exchanging(h.access)
		deep.Audience = []string{"deep"}
		if _, err := w.Exchange(t.Context(), w.ClientNow("back"), deep); err != nil {
			t.Fatal(err)
		}
		w.end("deep")
		if _, err := w.Exchange(t.Context(), w.ClientNow("back"), deep); token.Protocol(err) != "invalid_target" {
			t.Errorf("got %v, want invalid_target: the audience ended", err)
		}
		who, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: h.refresh})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range who.Audience {
			if a == "deep" {
				t.Errorf("got audience %v after deep ended", who.Audience)
			}
		}
	})
}

// TestOrganisationsNeverSeeEachOther (P12): an application of another organisation has nobody's grant.
func TestOrganisationsNeverSeeEachOther(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		if _, err := w.tryOpen(w.enter("rita"), "desk"); standin.CodeOf(err) != "token.client_over" {
			t.Errorf("got %v, want rita at acme's desk refused", err)
		}
		h, _, _ := w.acting()
		if _, err := w.Standing(t.Context(), rival, h.Grant.ID, false); standin.CodeOf(err) != "token.unknown" {
			t.Errorf("got %v, want nothing known at rival", err)
		}
		if _, _, err := w.Refresh(t.Context(), w.ClientNow("foreign"), token.Renewal{Token: h.refresh}); standin.CodeOf(err) != "token.unknown" {
			t.Errorf("got %v, want nothing known at rival", err)
		}
		if _, err := w.Exchange(t.Context(), w.ClientNow("foreign"), exchanging(h.access)); token.Protocol(err) != "invalid_request" {
			t.Errorf("got %v, want another organisation's token refused (THREATS 59)", err)
		}
	})
}
