package signin_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
)

const hers = "only boss knows this"

// rows returns the columns, which are texts, of every row, joined by spaces; from is what follows FROM.
func (w *porch) rows(from string, columns ...string) (all []string) {
	w.T.Helper()
	err := w.DB.View(w.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT `+strings.Join(columns, ` || ' ' || `)+` FROM `+from)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				return err
			}
			all = append(all, row)
		}
		return rows.Err()
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

func sha(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func TestThreat20ProofWhileActingIsTheActors(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		if err := w.SetPassword(t.Context(), operator(), "boss", hers); err != nil {
			t.Fatal(err)
		}
		token := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		w.Pass(20 * time.Minute)
		_, _, err := w.Prove(t.Context(), token, hers, home)
		refused(t, err, standin.Unauthenticated, "signin.not_right")
		before := w.Visit(token)
		if told := w.told(acme, "password:ann"); told[0] != `person:ann boss login.prove refused ["signin.not_right"]` {
			t.Errorf("got %q, want the refusal with both names", told)
		}

		proved, l, err := w.Prove(t.Context(), token, good, home)
		if err != nil {
			t.Fatal(err)
		}
		v := w.Visit(proved)
		if !l.Proved.Equal(w.Now()) || v.Caller.Session != before.Caller.Session || v.Caller.Principal != "boss" {
			t.Errorf("got %+v, %+v, want the same session with ann's factor proved", l, v.Caller)
		}
		if told := w.told(acme, "login:"+string(l.ID)); told[0] != "person:ann boss login.prove done []" {
			t.Errorf("got %q", told)
		}
		if n := w.Count(`SELECT count(*) FROM logins WHERE person = 'boss'`); n != 0 {
			t.Errorf("got %d logins of the principal", n)
		}
	})
}

// TestThreat27NewIdentifierAtEverySwitch: signing in, proving, beginning, switching and stopping each give the browser
// another token, and what came before opens nothing.
func TestThreat27NewIdentifierAtEverySwitch(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		boss, bob := w.Cover("ann", "boss"), w.Cover("ann", "bob")
		tokens := []string{"planted", w.enter("ann"), w.enter("ann")}
		now := func() string { return tokens[len(tokens)-1] }
		proved, _, err := w.Prove(ctx, now(), good, home)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, proved)
		tokens = append(tokens, w.act(now(), boss))
		tokens = append(tokens, w.act(now(), bob))
		for range 2 {
			stopped, err := w.Stop(ctx, now(), home)
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, stopped)
		}
		if v := w.Visit(now()); v.Caller.Acting() || v.Caller.Actor != "person:ann" {
			t.Errorf("got %+v", v.Caller)
		}
		w.Visit(tokens[1]) // another login, in another browser perhaps, stays what it is
		for i, old := range tokens[:len(tokens)-1] {
			if i == 1 {
				continue
			}
			kind, code := standin.Unauthenticated, "signin.signed_out"
			if i == len(tokens)-2 {
				kind, code = standin.Conflict, "signin.switched"
			}
			_, err := w.Resolve(ctx, old, home)
			refused(t, err, kind, code)
			_, _, err = w.Act(ctx, old, boss, home)
			refused(t, err, kind, code)
			_, err = w.Extend(ctx, old, home)
			refused(t, err, kind, code)
			_, err = w.Stop(ctx, old, home)
			refused(t, err, kind, code)
			_, _, err = w.Prove(ctx, old, good, home)
			refused(t, err, kind, code)
			for _, later := range tokens[i+1:] {
				if later == old {
					t.Errorf("token %d came again", i)
				}
			}
		}
	})
}

// TestSigningOutBesideASwitch: who leaves in one tab while another switches has left.
func TestSigningOutBesideASwitch(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		before := w.enter("ann")
		after := w.act(before, w.Cover("ann", "boss"))
		if err := w.Out(t.Context(), before, home); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{after, before} {
			_, err := w.Resolve(t.Context(), token, home)
			refused(t, err, standin.Unauthenticated, "signin.signed_out")
		}
		if n := w.Count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 0 {
			t.Errorf("got %d sessions that still live", n)
		}
	})
}

func TestThreat29ASessionBelongsToItsActor(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		if err := w.SetPassword(ctx, operator(), "boss", hers); err != nil {
			t.Fatal(err)
		}
		ann := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		boss, _, err := w.Password(ctx, "boss@acme.example", hers, home)
		if err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(boss); v.Caller.Acting() || v.Session.ID != "" {
			t.Errorf("the principal is in a session: %+v", v)
		}
		if boss, err = w.Stop(ctx, boss, home); err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(boss); v.Caller.Actor != "person:boss" || v.Caller.Principal != "boss" {
			t.Errorf("got %+v, want stopping to lead the principal nowhere", v.Caller)
		}
		if v := w.Visit(ann); v.Caller.Principal != "boss" || !v.Caller.Acting() {
			t.Errorf("got %+v, want ann's session untouched", v.Caller)
		}
		if ann, err = w.Stop(ctx, ann, home); err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(ann); v.Caller.Actor != "person:ann" || v.Caller.Principal != "ann" {
			t.Errorf("got %+v", v.Caller)
		}
	})
}

// TestThreat30NothingButTheTokenCounts: no name, id or stored hash in a cookie opens anything.
func TestThreat30NothingButTheTokenCounts(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		v := w.Visit(token)
		forged := []string{"boss", "person:boss", sha(token), strings.ToUpper(token), token + " ", " " + token, token[:len(token)-1], token + token,
			string(v.Caller.Login.ID), string(v.Caller.Session), string(v.Caller.Delegation), "\x00", "%", strings.Repeat("a", 100_000), "' OR ''='"}
		for _, f := range forged {
			_, err := w.Resolve(t.Context(), f, home)
			refused(t, err, standin.Unauthenticated, "signin.signed_out")
			_, err = w.Stop(t.Context(), f, home)
			refused(t, err, standin.Unauthenticated, "signin.signed_out")
			_, _, err = w.Act(t.Context(), f, v.Caller.Delegation, home)
			refused(t, err, standin.Unauthenticated, "signin.signed_out")
			if err := w.Out(t.Context(), f, home); err != nil {
				t.Error(err)
			}
		}
		if after := w.Visit(token); after.Caller.Session != v.Caller.Session {
			t.Errorf("got %+v, want the session untouched", after.Caller)
		}
	})
}

func TestThreat31AnotherAdministratorEndsButNeverUses(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		boss := w.enter("boss")
		id := w.Cover("ann", "bob")
		ann := w.act(w.enter("ann"), id)
		session := w.Visit(ann).Caller.Session

		_, _, err := w.Act(ctx, boss, id, home)
		refused(t, err, standin.NotFound, "acting.no_delegation")
		_, err = w.Extend(ctx, boss, home)
		refused(t, err, standin.Denied, "acting.over")
		if boss, err = w.Stop(ctx, boss, home); err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(ann); v.Caller.Session != session {
			t.Fatalf("got %+v, want ann's session untouched", v.Caller)
		}
		if err := w.Acting.EndByPrincipal(ctx, w.Visit(boss).Caller, session); err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(ann); v.Caller.Acting() || v.Ended.How != acting.Withdrawn {
			t.Errorf("got %+v, %+v", v.Caller, v.Ended)
		}
		if told := w.told(acme, "session:"+string(session)); !contains(told, `person:boss bob acting.end done ["withdrawn"]`) {
			t.Errorf("got %q", told)
		}
	})
}

func contains(all []string, want string) bool {
	for _, one := range all {
		if one == want {
			return true
		}
	}
	return false
}

func TestThreat33FactorWithin15Minutes(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		id := w.Cover("ann", "boss")
		token := w.enter("ann")
		w.Pass(signin.ProofLasts - time.Microsecond)
		token = w.act(token, id)
		w.Pass(time.Microsecond) // 15 min since signing in
		_, _, err := w.Act(ctx, token, id, home)
		refused(t, err, standin.Denied, "signin.proof_needed")
		if told := w.told(acme, "delegation:"+string(id)); told[0] != `person:ann boss acting.start refused ["signin.proof_needed"]` {
			t.Errorf("got %q, want the refusal with both names", told)
		}
		if v := w.Visit(token); !v.Caller.Acting() {
			t.Error("the refused switch ended the session")
		}
		// Going on and stopping need no proof.
		if _, err := w.Extend(ctx, token, home); err != nil {
			t.Error(err)
		}
		if token, err = w.Stop(ctx, token, home); err != nil {
			t.Fatal(err)
		}
		if token, _, err = w.Prove(ctx, token, good, home); err != nil {
			t.Fatal(err)
		}
		w.act(token, id)
	})
}

func TestThreat35AdministratorsProveAfterActing(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		needs := func(token string, want bool) {
			t.Helper()
			v := w.Visit(token)
			if v.NeedsProof != want || (v.RequireProof() != nil) != want {
				t.Errorf("got needs proof %v (%v), want %v", v.NeedsProof, v.RequireProof(), want)
			}
		}
		stop := func(token string) string {
			t.Helper()
			token, err := w.Stop(ctx, token, home)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		boss, idle := w.enter("boss"), w.enter("boss")
		ann := w.enter("ann")
		id := w.Cover("boss", "bob")
		boss, ann = w.act(boss, id), w.act(ann, w.Cover("ann", "bob"))
		w.Pass(signin.ProofLasts - time.Microsecond)
		needs(boss, false)
		boss, ann = stop(boss), stop(ann)
		needs(boss, false)
		w.Pass(time.Microsecond)
		needs(boss, true)
		needs(idle, false) // has not acted since
		needs(ann, false)  // administers nothing
		boss, _, err := w.Prove(ctx, boss, good, home)
		if err != nil {
			t.Fatal(err)
		}
		needs(boss, false)
		w.Pass(signin.ProofLasts)
		needs(boss, false) // has not acted since that proof

		if boss, _, err = w.Prove(ctx, boss, good, home); err != nil {
			t.Fatal(err)
		}
		boss = w.act(boss, id)
		w.Pass(20 * time.Minute)
		needs(boss, false) // while acting, the pages are the principal's
		w.Pass(20 * time.Minute)
		needs(boss, false)
		w.Pass(20 * time.Minute) // the session ran out; nobody pressed stop
		needs(boss, true)
	})
}

func TestThreat38OfParallelStartsOneWins(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ids := []standin.DelegationID{w.Cover("ann", "boss"), w.Cover("ann", "bob")}
		token := w.enter("ann")
		var tokens [8]string
		var errs [8]error
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { tokens[i], _, errs[i] = w.Act(t.Context(), token, ids[i%2], home) })
		}
		wg.Wait()
		won := ""
		for i, err := range errs {
			switch {
			case err != nil:
				refused(t, err, standin.Conflict, "signin.switched")
			case won != "":
				t.Errorf("try %d won, too", i)
			default:
				won = tokens[i]
			}
		}
		if won == "" {
			t.Fatalf("nobody won: %v", errs)
		}
		if v := w.Visit(won); !v.Caller.Acting() {
			t.Errorf("got %+v", v.Caller)
		}
		if got := w.rows(`records WHERE action LIKE 'acting.%'`, "action", "outcome"); len(got) != 1 || got[0] != "acting.start done" {
			t.Errorf("got %q, want one start", got)
		}
		if n := w.Count(`SELECT count(*) FROM sessions`); n != 1 {
			t.Errorf("got %d sessions, want 1", n)
		}
	})
}

func TestThreat44InactivePeopleEndSessions(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		ann, boss := w.act(w.enter("ann"), w.Cover("ann", "bob")), w.enter("boss")
		session := w.Visit(ann).Caller.Session
		w.Pass(time.Minute)
		since := w.Now()
		if err := w.Directory.Deactivate(ctx, operator(), "bob"); err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(ann); v.Caller.Acting() || v.Ended.How != acting.PrincipalInactive || !v.Ended.At.Equal(since) {
			t.Errorf("got %+v, %+v", v.Caller, v.Ended)
		}
		if err := w.Directory.Reactivate(ctx, operator(), "bob"); err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(ann); v.Caller.Acting() || v.Session.ID != session {
			t.Errorf("got %+v, want what ended to stay ended", v.Caller)
		}

		w.Pass(time.Minute)
		acted := w.act(ann, w.Cover("ann", "boss"))
		w.Pass(time.Minute)
		if err := w.Directory.Deactivate(ctx, operator(), "ann"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := w.Resolve(ctx, acted, home)
			refused(t, err, standin.Denied, "signin.blocked")
			_, err = w.Extend(ctx, acted, home)
			refused(t, err, standin.Denied, "signin.blocked")
			_, _, err = w.Act(ctx, acted, "d-any", home)
			refused(t, err, standin.Denied, "signin.blocked")
		}
		if got := w.rows(`sessions WHERE principal = 'boss'`, "ended_how"); !cmp.Equal(got, []string{"actor_inactive"}) {
			t.Errorf("got %q", got)
		}
		w.Pass(time.Minute)
		if err := w.Directory.Reactivate(ctx, operator(), "ann"); err != nil {
			t.Fatal(err)
		}
		_, err := w.Resolve(ctx, acted, home) // is not blocked any more, but has to sign in
		refused(t, err, standin.Unauthenticated, "signin.expired")
		w.Visit(boss)
	})
}

// TestThreat44BackBeforeAnybodyLooked: who was inactive for a moment signs in again, even if nobody asked meanwhile.
func TestThreat44BackBeforeAnybodyLooked(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ann := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		w.Pass(time.Second)
		if err := w.Directory.Deactivate(t.Context(), operator(), "ann"); err != nil {
			t.Fatal(err)
		}
		w.Pass(time.Second)
		if err := w.Directory.Reactivate(t.Context(), operator(), "ann"); err != nil {
			t.Fatal(err)
		}
		_, err := w.Resolve(t.Context(), ann, home)
		refused(t, err, standin.Unauthenticated, "signin.expired")
		if got := w.rows(`logins`, "ended_how"); !cmp.Equal(got, []string{"inactive"}) {
			t.Errorf("got %q", got)
		}
		w.Visit(w.enter("ann"))
	})
}

// TestP9ActingLeavesThePrincipalAlone: the brief's whole story, and not a byte of the principal's changes.
func TestP9ActingLeavesThePrincipalAlone(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		theirs := func() []string {
			return append(append(w.rows(`logins WHERE person = 'boss' ORDER BY id`, "id", "token", "former", "factors", "CAST(proved_at AS TEXT)", "CAST(seen_at AS TEXT)", "CAST(ends_at AS TEXT)", "ended_how"), w.rows(`passwords WHERE person = 'boss'`, "hash", "CAST(changed_at AS TEXT)")...),
				w.rows(`people WHERE id = 'boss'`, "CAST(last_sign_in AS TEXT)", "accepted_version", "CAST(version AS TEXT)")...)
		}
		boss := w.enter("boss")
		id := w.Cover("ann", "boss")
		w.Pass(5 * time.Minute)
		before := theirs()
		ann := w.act(w.enter("ann"), id)
		w.Pass(2 * time.Minute)
		w.Visit(ann)
		if _, err := w.Extend(ctx, ann, home); err != nil {
			t.Fatal(err)
		}
		ann, _, err := w.Prove(ctx, ann, good, home)
		if err != nil {
			t.Fatal(err)
		}
		caller := w.Visit(ann).Caller
		browsers, err := w.Browsers(ctx, caller)
		if err != nil || len(browsers) != 1 || browsers[0].ID != caller.Login.ID {
			t.Errorf("got %+v, %v, want the actor's own browser", browsers, err)
		}
		refused(t, w.OutElsewhere(ctx, caller, w.resolveQuietly(boss)), standin.NotFound, "signin.login_unknown")
		if err := w.OutEverywhere(ctx, caller); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, theirs()); diff != "" {
			t.Error(diff)
		}
		_, err = w.Resolve(ctx, ann, home)
		refused(t, err, standin.Unauthenticated, "signin.signed_out")
		w.Visit(boss)
	})
}

// resolveQuietly returns the token's login without being seen.
func (w *porch) resolveQuietly(token string) standin.LoginID {
	return standin.LoginID(w.rows(`logins WHERE token = '`+sha(token)+`'`, "id")[0])
}

func TestSigningOutEndsActing(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		session := w.Visit(token).Caller.Session
		if err := w.Out(t.Context(), token, home); err != nil {
			t.Fatal(err)
		}
		if got := w.rows(`sessions`, "ended_how"); !cmp.Equal(got, []string{"signed_out"}) {
			t.Errorf("got %q", got)
		}
		if told := w.told(acme, "session:"+string(session)); !contains(told, `person:ann boss acting.end done ["signed_out"]`) {
			t.Errorf("got %q", told)
		}
	})
}

// TestAnEndIsToldUntilTurnedAway: a session that ran out is told on every page, until its actor goes on as themselves.
func TestAnEndIsToldUntilTurnedAway(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		ends := w.Visit(token).Session.ExpiresAt
		for w.Now().Before(ends) {
			w.Visit(token)
			w.Pass(10 * time.Minute)
		}
		for range 3 {
			v := w.Visit(token)
			if v.Caller.Acting() || v.Caller.Principal != "ann" || v.Ended.How != acting.TimeUp || !v.Ended.At.Equal(ends) || v.Session.Principal != "boss" {
				t.Errorf("got %+v, %+v, %+v", v.Caller, v.Session, v.Ended)
			}
			w.Pass(time.Minute)
		}
		if got := w.rows(`records WHERE action = 'acting.end'`, "actor", "principal"); !cmp.Equal(got, []string{"system:acting boss"}) {
			t.Errorf("got %q, want the end recorded once", got)
		}
		token, err := w.Stop(t.Context(), token, home)
		if err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(token); v.Session.ID != "" || v.Ended.How != "" {
			t.Errorf("got %+v, %+v, want nothing told any more", v.Session, v.Ended)
		}
	})
}

func TestP12OrganisationsDoNotMeet(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		ann := w.enter("ann")
		rita, _, err := w.Password(ctx, "rita@rival.example", good, home)
		if err != nil {
			t.Fatal(err)
		}
		v := w.Visit(rita)
		if v.Caller.Organisation != rival || v.Organisation.ID != rival {
			t.Errorf("got %+v", v.Caller)
		}
		_, _, err = w.Act(ctx, rita, w.Cover("ann", "boss"), home)
		refused(t, err, standin.NotFound, standin.CodeOf(err))
		refused(t, w.OutElsewhere(ctx, v.Caller, w.Visit(ann).Caller.Login.ID), standin.NotFound, "signin.login_unknown")
		intruder := standin.Caller{Organisation: rival, Actor: "person:ann", Principal: "ann"}
		refused(t, w.OutEverywhere(ctx, intruder), standin.NotFound, "signin.login_unknown")
		refused(t, w.AcceptNotice(ctx, intruder, "standin-1"), standin.NotFound, "directory.person_unknown")
		refused(t, w.SetPassword(ctx, standin.OperatorCaller(rival, "test"), "ann", "a password from elsewhere"), standin.NotFound, "directory.person_unknown")
		w.Visit(ann)
		if n := w.Count(`SELECT count(*) FROM records WHERE organisation = 'rival' AND (resource LIKE '%ann%' AND outcome = 'done')`); n != 0 {
			t.Errorf("rival's record tells of ann %d times", n)
		}
	})
}

func (w *porch) unexplained(org standin.OrganisationID) (all []string) {
	w.T.Helper()
	walks := []ledger.Walk{{Kinds: []string{"login", "password", "invitation"}, Explain: w.Explain}, {Kinds: []string{"session"}, Explain: w.Acting.Explain}}
	if err := w.DB.View(w.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		return w.Ledger.Unexplained(ctx, tx, org, walks, func(d ledger.Difference) error {
			all = append(all, d.Resource+": "+d.What)
			return nil
		})
	}); err != nil {
		w.T.Fatal(err)
	}
	return all
}

// live lets everything happen that signin does, and returns every secret that passed.
func (w *porch) live() (secrets []string) {
	w.T.Helper()
	ctx := w.T.Context()
	keep := func(token string, err error) string {
		w.T.Helper()
		if err != nil {
			w.T.Fatal(err)
		}
		secrets = append(secrets, token, sha(token))
		return token
	}
	prove := func(token string) string {
		token, _, err := w.Prove(ctx, token, good, home)
		return keep(token, err)
	}
	id := w.Cover("ann", "boss")
	stronger := housetest.Cheap()
	stronger.Hash.Iterations = 2
	token, _, err := w.Door(stronger).Password(ctx, "ann@acme.example", good, home)
	other, lost := keep(w.enter("ann"), nil), keep(w.enter("boss"), nil)
	for _, wrong := range []string{"ann@acme.example", "typed-by-a-stranger@acme.example", "no address at all"} {
		if _, _, err := w.Password(ctx, wrong, "a wrong guess of it", home); standin.KindOf(err) != standin.Unauthenticated {
			w.T.Errorf("got %v", err)
		}
		secrets = append(secrets, "typed-by-a-stranger", "no address at all", "a wrong guess of it")
	}
	token = keep(w.act(prove(keep(token, err)), id), nil)
	w.Pass(20 * time.Minute)
	if _, err := w.Extend(ctx, token, home); err != nil {
		w.T.Fatal(err)
	}
	if _, _, err := w.Act(ctx, token, id, home); standin.KindOf(err) != standin.Denied {
		w.T.Errorf("got %v", err)
	}
	token = keep(w.Stop(ctx, token, home))
	if err := w.Out(ctx, other, home); err != nil {
		w.T.Fatal(err)
	}
	if err := w.SetPassword(ctx, operator(), "boss", hers); err != nil {
		w.T.Fatal(err)
	}
	if _, err := w.Resolve(ctx, lost, home); standin.KindOf(err) != standin.Unauthenticated {
		w.T.Errorf("got %v", err)
	}
	w.Pass(13 * time.Hour)
	if _, err := w.Resolve(ctx, token, home); standin.CodeOf(err) != "signin.expired" {
		w.T.Errorf("got %v", err)
	}
	for _, hash := range w.rows(`passwords`, "hash") {
		parts := strings.Split(hash, "$")
		secrets = append(secrets, hash, parts[len(parts)-1], parts[len(parts)-2])
	}
	return append(secrets, good, hers)
}

func TestEveryRowIsExplained(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.live()
		if found := w.unexplained(acme); len(found) != 0 {
			t.Errorf("got %q", found)
		}
		for change, about := range map[string]string{
			`UPDATE logins SET ends_at = ends_at + 1`:                                   "login:",
			`UPDATE logins SET proved_at = proved_at + 1`:                               "login:",
			`UPDATE logins SET ended_at = NULL, ended_how = '' WHERE ended_how = 'out'`: "login:",
			`UPDATE logins SET person = 'boss' WHERE person = 'ann'`:                    "login:",
			`UPDATE passwords SET hash = 'x'`:                                           "password:",
			`DELETE FROM passwords WHERE person = 'ann'`:                                "password:ann",
			`UPDATE sessions SET principal = 'bob'`:                                     "session:",
		} {
			if err := w.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				if n, err := tx.Exec(ctx, change); err != nil || n == 0 {
					t.Errorf("%s: %d rows, %v", change, n, err)
				}
				var found []string
				walks := []ledger.Walk{{Kinds: []string{"login", "password", "invitation"}, Explain: w.Explain}, {Kinds: []string{"session"}, Explain: w.Acting.Explain}}
				if err := w.Ledger.Unexplained(ctx, tx, acme, walks, func(d ledger.Difference) error {
					found = append(found, d.Resource)
					return nil
				}); err != nil {
					return err
				}
				if len(found) == 0 || !strings.HasPrefix(found[0], about) {
					t.Errorf("%s: got %q, want it found", change, found)
				}
				return context.Canceled // undo
			}); err == nil {
				t.Errorf("%s: got no error", change)
			}
		}
	})
}

// TestNoSecretInAnyRecord: neither passwords nor tokens nor their hashes, nor what strangers typed.
func TestNoSecretInAnyRecord(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		secrets := w.live()
		records := w.rows(`records`, "id", "actor", "principal", "session", "delegation", "action", "resource", "outcome", "reasons", "address", "agent", "COALESCE(before_state, '')", "COALESCE(after_state, '')")
		if len(records) < 20 || len(secrets) < 20 {
			t.Fatalf("got %d records, %d secrets: too few to tell", len(records), len(secrets))
		}
		attempts := w.rows(`attempts`, "subject")
		for _, secret := range secrets {
			for _, r := range append(records, attempts...) {
				if strings.Contains(r, secret) {
					t.Errorf("%q is in %s", secret, r)
				}
			}
			if n := len(w.rows(`logins WHERE token = '`+secret+`' OR former = '`+secret+`'`, "id")); n != 0 && len(secret) != 64 {
				t.Errorf("%q is stored as it is", secret)
			}
		}
	})
}
