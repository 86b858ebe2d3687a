package token_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
)

// TestThreat22ConsentIsOnesOwn: an application of somebody else's is told what the person allowed, and whoever stands in for
// them allows nothing; what they did not allow it is not told for them either.
func TestThreat22ConsentIsOnesOwn(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "hal")
		cookie := w.act(w.enter("ann"), d)
		acting := w.Visit(cookie).Caller
		all := []string{"openid", "profile", "email"}
		if err := w.Allow(t.Context(), acting, "third", all); standin.CodeOf(err) != "token.not_while_acting" {
			t.Errorf("got %v, want consent refused while acting", err)
		}
		if _, err := w.tryOpen(cookie, "third"); standin.CodeOf(err) != "token.consent" {
			t.Errorf("got %v, want it untold", err)
		}
		if err := w.Allow(t.Context(), as("ann"), "third", all); err != nil {
			t.Fatal(err)
		}
		if _, err := w.tryOpen(cookie, "third"); standin.CodeOf(err) != "token.consent" {
			t.Errorf("got %v: what ann allows says nothing of hal", err)
		}
		if err := w.Allow(t.Context(), as("hal"), "third", all[:2]); err != nil {
			t.Fatal(err)
		}
		if ok, err := w.Allowed(t.Context(), acting, "third", all); ok || err != nil {
			t.Errorf("got %v, %v, want not all of it", ok, err)
		}
		if err := w.Allow(t.Context(), as("hal"), "third", all[2:]); err != nil {
			t.Fatal(err)
		}
		if ok, err := w.Allowed(t.Context(), acting, "third", all); !ok || err != nil {
			t.Errorf("got %v, %v, want all of it", ok, err)
		}
		h := w.open(cookie, "third")
		if got, err := w.Allowances(t.Context(), acting); err != nil || len(got) != 1 || got[0].Person != "ann" {
			t.Errorf("got %+v, %v; want ann's own, not hal's", got, err)
		}
		if err := w.Disallow(t.Context(), acting, "third"); standin.CodeOf(err) != "token.not_while_acting" {
			t.Errorf("got %v", err)
		}
		if err := w.Disallow(t.Context(), as("hal"), "third"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Read(t.Context(), h.access, false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want it over once hal takes it back", err)
		}
		if err := w.Disallow(t.Context(), as("hal"), "third"); standin.CodeOf(err) != "token.no_consent" {
			t.Errorf("got %v, want nothing to take back", err)
		}
		refused(t, w.Allow(t.Context(), as("hal"), "third", []string{"two words"}), "token.scope", "invalid_scope")
		if got := w.told(acme, "consent.%"); len(got) != 6 {
			t.Errorf("got %q", got)
		}
		w.agrees(t)
	})
}

// agrees compares the rows with what the record says of them.
func (w *porch) agrees(t *testing.T) {
	t.Helper()
	walk := ledger.Walk{Kinds: []string{"grant", "consent"}, Tables: []string{"grants", "consents"}, Explain: w.Explain}
	if err := w.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return w.Ledger.Unexplained(ctx, tx, acme, []ledger.Walk{walk}, func(d ledger.Difference) error {
			t.Errorf("unexplained: %+v", d)
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
}

// TestApplicationsOneIsSignedInTo: one's own, as whomever; never what others are, and signing out of one leaves the rest.
func TestApplicationsOneIsSignedInTo(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		d := w.Cover("ann", "hal")
		first := w.enter("ann")
		own := w.open(first, "desk")
		w.Pass(time.Second)
		cookie := w.act(w.enter("ann"), d)
		acting := w.open(cookie, "back")
		w.open(w.enter("bob"), "desk")
		if _, err := w.Exchange(t.Context(), w.ClientNow("desk"), exchanging(w.open(cookie, "desk").access)); err != nil {
			t.Fatal(err)
		}
		got, err := w.GrantsOf(t.Context(), w.Visit(cookie).Caller)
		if err != nil || len(got) != 3 || got[2].Grant.ID != own.Grant.ID || got[2].PrincipalName != "Name ann" || got[0].PrincipalName != "Name hal" {
			t.Fatalf("got %+v, %v", got, err)
		}
		for _, c := range []struct {
			by standin.PersonID
			id standin.GrantID
		}{{"bob", own.Grant.ID}, {"hal", acting.Grant.ID}, {"ann", "g-none"}} {
			if err := w.EndOwn(t.Context(), as(c.by), c.id); standin.CodeOf(err) != "token.no_grant" {
				t.Errorf("%s ends %s: %v", c.by, c.id, err)
			}
		}
		if err := w.EndOwn(t.Context(), as("ann"), acting.Grant.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := w.GrantsOf(t.Context(), as("ann")); err != nil || len(got) != 2 {
			t.Errorf("got %+v, %v, want two left", got, err)
		}
		if _, _, err := w.Read(t.Context(), acting.access, false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v", err)
		}
		if got := w.told(acme, "grant.end"); len(got) != 1 || !strings.HasPrefix(got[0], "person:ann hal grant.end done") {
			t.Errorf("got %q", got)
		}
		w.agrees(t)
	})
}

// TestRevoke (RFC 7009): one's own tokens only, whatever is unknown is fine, and what hangs below falls.
func TestRevoke(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, cookie, _ := w.acting()
		below, err := w.Exchange(t.Context(), w.ClientNow("back"), exchanging(h.access))
		if err != nil {
			t.Fatal(err)
		}
		exchanged := w.Access(below)
		deeper, err := w.Exchange(t.Context(), w.ClientNow("deep"), exchanging(exchanged))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			client standin.ClientID
			token  string
		}{{"back", h.refresh}, {"back", h.access}, {"desk", "nothing"}, {"desk", ""}, {"desk", token.NewSecret(token.NewGrantID())},
			{"desk", string(h.Grant.ID) + "." + standin.NewSecret()}, {"desk", exchanged}, {"foreign", h.refresh}} {
			if err := w.Revoke(t.Context(), w.ClientNow(c.client), c.token, home); err != nil {
				t.Errorf("%s revokes %q: %v", c.client, c.token, err)
			}
		}
		if got := w.told(acme, "grant.end"); len(got) != 0 {
			t.Fatalf("got %q, want nothing ended", got)
		}
		if err := w.Revoke(t.Context(), w.ClientNow("back"), exchanged, home); err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{exchanged, w.Access(deeper)} {
			if _, _, err := w.Read(t.Context(), raw, false); standin.CodeOf(err) != "token.over" {
				t.Errorf("got %v, want what was exchanged over", err)
			}
		}
		if _, _, err := w.Read(t.Context(), h.access, false); err != nil {
			t.Errorf("got %v, want the sign-in itself as it was", err)
		}
		if err := w.Revoke(t.Context(), w.ClientNow("desk"), h.refresh, home); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Standing(t.Context(), acme, h.Grant.ID, false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v", err)
		}
		w.open(cookie, "desk") // acting goes on
		w.agrees(t)
	})
}

// TestEndFallen ends what stands no more, and nothing else, whatever it is asked by.
func TestEndFallen(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, cookie, d := w.acting()
		own := w.open(w.enter("hal"), "desk")
		for name, which := range map[string]token.Which{"login": {Login: h.Grant.Login}, "session": {Session: h.Grant.Session}, "delegation": {Delegation: d},
			"actor": {Person: "ann"}, "principal": {Person: "hal"}, "client": {Client: "desk"}, "all": {Login: h.Grant.Login, Session: h.Grant.Session,
				Delegation: d, Person: "hal", Client: "desk"}} {
			which.Organisation = acme
			if got := w.fallen(which); len(got) != 0 {
				t.Errorf("%s: got %+v, want nothing fallen", name, got)
			}
		}
		next := w.open(w.act(cookie, w.Cover("ann", "bob")), "desk")
		if got := w.fallen(token.Which{Organisation: rival, Login: h.Grant.Login}); len(got) != 0 {
			t.Errorf("got %+v at another organisation", got)
		}
		if got := w.fallen(token.Which{Organisation: acme, Person: "hal"}); len(got) != 1 || got[0].ID != h.Grant.ID || got[0].Session != h.Session.ID {
			t.Errorf("got %+v, want ann's for hal", got)
		}
		if got := w.fallen(token.Which{Organisation: acme}); len(got) != 0 {
			t.Errorf("got %+v twice", got)
		}
		var open []token.Grant
		if err := w.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			open, err = w.Open(ctx, tx, "", 10)
			return err
		}); err != nil || len(open) != 2 {
			t.Errorf("got %d open, %v, want hal's own and ann's for bob", len(open), err)
		}
		if err := w.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := w.EndFor(ctx, tx, as("hal"), token.Which{Organisation: acme, Login: own.Grant.Login}, token.SignedOut, w.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Standing(t.Context(), acme, own.Grant.ID, false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v", err)
		}
		if _, err := w.Standing(t.Context(), acme, next.Grant.ID, false); err != nil {
			t.Errorf("got %v", err)
		}
		w.agrees(t)
	})
}

func (w *porch) fallen(which token.Which) (ended []token.Grant) {
	w.T.Helper()
	by := standin.Caller{Organisation: which.Organisation, Actor: standin.SystemActor("test")}
	if err := w.DB.Update(w.T.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		ended, err = w.EndFallen(ctx, tx, by, which, token.Fallen, w.Now())
		return err
	}); err != nil {
		w.T.Fatal(err)
	}
	return ended
}

// TestRefusalsAreBounded: whoever knows an application's id cannot fill the record with it.
func TestRefusalsAreBounded(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		for range 70 {
			if _, _, err := w.Redeem(t.Context(), w.ClientNow("page"), redemption("page", "x")); standin.CodeOf(err) != "token.unknown" {
				t.Fatal(err)
			}
		}
		if got := w.told(acme, "token.redeem"); len(got) != 60 {
			t.Errorf("got %d records, want 60", len(got))
		}
		w.Pass(time.Minute)
		if _, _, err := w.Redeem(t.Context(), w.ClientNow("page"), redemption("page", "x")); err == nil {
			t.Fatal("redeemed")
		}
		if got := w.told(acme, "token.redeem"); len(got) != 61 || got[0] != `system:token  token.redeem refused ["token.unknown"]` {
			t.Errorf("got %d records, %q", len(got), got[0])
		}
		err := w.Refused(t.Context(), "nobody-knows-it", nil, "client.sign_in", standin.Refuse(standin.Denied, "test", "token.over", "…"), home)
		if standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want the cause", err)
		}
	})
}

// TestThreat22TheActorsAddressIsTheirOwn: what the principal allowed an application of somebody else's says nothing of whoever
// stands in for them. Their id and name are told, for both people are always named; their address is where they allowed it, and
// only as long as they do. Of the house's own applications none is kept from it, unless another's hears what it is told.
func TestThreat22TheActorsAddressIsTheirOwn(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.Client(application.Client{ID: "third", Organisation: acme, ThirdParty: true, StandIns: true, Exchange: true, Audiences: []string{"third", "desk"}})
		own, cookie, _ := w.acting()
		says := func(what string, who token.Who, address bool) {
			t.Helper()
			act := token.Claims(who, w.Now())["act"].(map[string]any)
			if _, told := act["email"]; told != address || act["sub"] != "ann" || act["name"] == "" {
				t.Errorf("%s: got %v, want who they are, and their address: %v", what, act, address)
			}
		}
		read := func(h held) token.Who {
			t.Helper()
			who, _, err := w.Read(t.Context(), h.access, false)
			if err != nil {
				t.Fatal(err)
			}
			return who
		}
		allow := func(person standin.PersonID, scopes ...string) {
			t.Helper()
			if err := w.Allow(t.Context(), as(person), "third", scopes); err != nil {
				t.Fatal(err)
			}
		}
		allow("hal", "openid", "profile", "email")
		h := w.open(cookie, "third")
		says("a sign-in of which the actor allowed nothing", h.Who, false)
		says("read again", read(h), false)
		again, _, err := w.Refresh(t.Context(), w.ClientNow("third"), token.Renewal{Token: h.refresh, Origin: home})
		if err != nil {
			t.Fatal(err)
		}
		says("refreshed", again, false)
		below, err := w.Exchange(t.Context(), w.ClientNow("third"), exchanging(h.access))
		if err != nil {
			t.Fatal(err)
		}
		says("exchanged", below, false)
		allow("ann", "openid", "profile")
		says("not the address", read(h), false)
		allow("ann", "email")
		says("allowed", read(h), true)
		if err := w.Disallow(t.Context(), as("ann"), "third"); err != nil {
			t.Fatal(err)
		}
		says("taken back", read(h), false)
		says("an application of the house", read(own), true)
		w.Client(application.Client{ID: "desk", Organisation: acme, StandIns: true, Exchange: true, Audiences: []string{"desk", "third"}})
		says("one whose tokens another's application gets", w.open(cookie, "desk").Who, false)
	})
}

// TestConsentIsBounded: nobody fills the record by allowing ever more, for each change tells the whole.
func TestConsentIsBounded(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		more := func(from, n int) (scopes []string) {
			for i := range n {
				scopes = append(scopes, "s"+strconv.Itoa(from+i))
			}
			return scopes
		}
		if err := w.Allow(t.Context(), as("ann"), "third", more(0, 50)); err != nil {
			t.Fatal(err)
		}
		refused(t, w.Allow(t.Context(), as("ann"), "third", more(50, 1)), "token.scope", "invalid_scope")
		if err := w.Allow(t.Context(), as("ann"), "third", more(0, 2)); err != nil {
			t.Errorf("got %v where nothing is added", err)
		}
		w.agrees(t)
	})
}
