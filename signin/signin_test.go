package signin_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
)

const (
	acme  standin.OrganisationID = "acme"
	rival standin.OrganisationID = "rival"
	good                         = "correct horse battery"
)

var home = standin.Origin{Address: "192.0.2.7", Agent: "Browser at home"}

// porch is Standin's front door: a house with a few people, whose clock moves when told.
type porch struct {
	*signin.Signin
	t      *testing.T
	db     *db.DB
	ledger *ledger.Ledger
	dir    *directory.Directory
	deleg  *delegation.Delegations
	acts   *acting.Acting
	again  func(signin.Options) *signin.Signin // the same door with other options

	mu    sync.Mutex
	clock time.Time
	tick  time.Duration // how much passes each time somebody looks at the clock
}

// cheap makes hashing quick.
func cheap() signin.Options {
	return signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}}
}

func in(t *testing.T, test func(t *testing.T, w *porch)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := &porch{t: t, db: d, clock: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
		l := ledger.New(d, w.now)
		w.dir = directory.New(d, l, w.now)
		w.deleg = delegation.New(d, l, w.dir, w.now)
		w.ledger = l
		w.acts = acting.New(d, l, w.dir, w.deleg, w.now)
		w.again = func(o signin.Options) *signin.Signin { return signin.New(d, l, w.dir, w.acts, w.now, o) }
		w.Signin = w.again(cheap())
		w.settle()
		test(t, w)
	})
}

func (w *porch) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(w.tick)
	return w.clock
}

func (w *porch) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// settle founds acme with boss (super), ann and bob, and rival with rita. Everybody but bob has the good password.
func (w *porch) settle() {
	w.t.Helper()
	ctx := w.t.Context()
	for org, people := range map[standin.OrganisationID][]standin.PersonID{acme: {"boss", "ann", "bob"}, rival: {"rita"}} {
		op := standin.OperatorCaller(org, "test")
		w.must(w.dir.PutOrganisation(ctx, op, directory.Organisation{Name: string(org), Settings: directory.DefaultSettings()}))
		w.must(w.dir.PutRole(ctx, op, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}}, 0))
		for _, id := range people {
			p := directory.Person{ID: id, Name: "Name " + string(id), Email: string(id) + "@" + string(org) + ".example", AcceptedAt: w.clock}
			if _, _, err := w.dir.PutPerson(ctx, op, p); err != nil {
				w.t.Fatal(err)
			}
			if id == "bob" {
				continue
			}
			if err := w.SetPassword(ctx, op, id, good); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.must(w.dir.Hold(ctx, operator(), "boss", "super", ""))
}

func (w *porch) must(changed bool, err error) {
	w.t.Helper()
	if err != nil || !changed {
		w.t.Fatalf("got changed %v, %v; want a change", changed, err)
	}
}

func operator() standin.Caller { return standin.OperatorCaller(acme, "test") }

// enter signs the person of acme in.
func (w *porch) enter(id standin.PersonID) string {
	w.t.Helper()
	token, _, err := w.Password(w.t.Context(), string(id)+"@acme.example", good, home)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *porch) resolve(token string) signin.Visit {
	w.t.Helper()
	v, err := w.Resolve(w.t.Context(), token, home)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// cover lets the actor stand in for the principal for a week.
func (w *porch) cover(actor, principal standin.PersonID) standin.DelegationID {
	w.t.Helper()
	caller := standin.Caller{Organisation: acme, Actor: standin.PersonActor(principal), Principal: principal}
	named, err := w.deleg.Name(w.t.Context(), caller, delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Kind: delegation.Cover,
		End: w.now().Add(7 * 24 * time.Hour), Purpose: "leave"})
	if err != nil {
		w.t.Fatal(err)
	}
	return named[0].ID
}

func (w *porch) act(token string, id standin.DelegationID) string {
	w.t.Helper()
	next, _, err := w.Act(w.t.Context(), token, id, home)
	if err != nil {
		w.t.Fatal(err)
	}
	return next
}

// told returns "actor action outcome reasons" of every record about the resource, the latest first.
func (w *porch) told(org standin.OrganisationID, resource string) (all []string) {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT actor || ' ' || principal || ' ' || action || ' ' || outcome || ' ' || reasons FROM records
			WHERE organisation = $1 AND resource LIKE $2 ORDER BY at DESC`, string(org), resource)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var said string
			if err := rows.Scan(&said); err != nil {
				return err
			}
			all = append(all, said)
		}
		return rows.Err()
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// count runs a query that counts.
func (w *porch) count(query string) (n int) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func refused(t *testing.T, err error, kind standin.Kind, code string) {
	t.Helper()
	if standin.KindOf(err) != kind || standin.CodeOf(err) != code {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.KindOf(err), standin.CodeOf(err), kind, code)
	}
}

func TestSignInAndOut(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token, l, err := w.Password(t.Context(), " ANN@acme.EXAMPLE ", good, home)
		if err != nil {
			t.Fatal(err)
		}
		v := w.resolve(token)
		if v.Caller.Actor != "person:ann" || v.Caller.Principal != "ann" || v.Caller.Acting() || v.Caller.Login.ID != l.ID || v.Caller.Organisation != acme {
			t.Errorf("got %+v", v.Caller)
		}
		if !v.Person.LastSignIn.Equal(w.now()) || !l.Ends.Equal(w.now().Add(12*time.Hour)) || l.Factors[0] != "pwd" {
			t.Errorf("got %+v, %+v", v.Person, l)
		}
		if n := w.count(`SELECT count(*) FROM logins WHERE token = '` + token + `'`); n != 0 {
			t.Error("the token itself is stored")
		}
		for range 2 { // twice is no error
			if err := w.Out(t.Context(), token, home); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.Resolve(t.Context(), token, home)
		refused(t, err, standin.Unauthenticated, "signin.signed_out")
		for _, none := range []string{"", "x", token + "x"} {
			_, err := w.Resolve(t.Context(), none, home)
			refused(t, err, standin.Unauthenticated, "signin.signed_out")
		}
		if told := w.told(acme, "login:"+string(l.ID)); len(told) != 2 || told[0] != "person:ann  login.end done []" && told[1] != "person:ann  login.end done []" {
			t.Errorf("got %q", told)
		}
	})
}

// TestBrowsersThatCallThemselvesNoText sign in like others.
func TestBrowsersThatCallThemselvesNoText(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		odd := standin.Origin{Address: "192.0.2.7\x00", Agent: "Browser\x00\xff\xfe ü"}
		token, l, err := w.Password(t.Context(), "ann@acme.example", good, odd)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.rows(`logins`, "agent"); got[0] != "Browser\uFFFD ü" {
			t.Errorf("got %q", got)
		}
		v, err := w.Resolve(t.Context(), token, odd)
		if err != nil || v.Caller.Login.ID != l.ID {
			t.Error(v.Caller, err)
		}
		if found := w.unexplained(acme); len(found) != 0 {
			t.Errorf("got %q", found)
		}
		if _, _, err = w.Password(t.Context(), "ann@acme.example", "a wrong password", odd); standin.CodeOf(err) != "signin.not_right" {
			t.Error(err)
		}
		if err := w.Out(t.Context(), token, odd); err != nil {
			t.Error(err)
		}
	})
}

func TestPasswordsThatAreTaken(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		set := func(text string) error { return w.SetPassword(t.Context(), operator(), "ann", text) }
		for _, text := range []string{"", "short77", strings.Repeat("x", 1001)} {
			refused(t, set(text), standin.Invalid, "signin.password_length")
		}
		for _, text := range []string{"password", "PassWord1", "aaaaaaaaaaaa", "12345678901", "abcdefghij", "Sommer2026"} {
			refused(t, set(text), standin.Invalid, "signin.password_common")
		}
		for _, text := range []string{"only-for-trials", strings.Repeat("Tür zu, ", 125), "        a b", "ключ-от-двери"} {
			if err := set(text); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if _, _, err := w.Password(t.Context(), "ann@acme.example", text, home); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		if err := set("Zoe\u0301 wohnt hier"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Password(t.Context(), "ann@acme.example", "Zo\u00e9 wohnt hier", home); err != nil {
			t.Errorf("written with other accents: %v", err)
		}
		ann := standin.Caller{Organisation: acme, Actor: "person:ann", Principal: "ann"}
		refused(t, w.SetPassword(t.Context(), ann, "ann", good), standin.Denied, "signin.operator_only")
		refused(t, w.SetPassword(t.Context(), operator(), "rita", good), standin.NotFound, "directory.person_unknown")
	})
}

func TestANewPasswordEndsLogins(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token := w.enter("ann")
		if err := w.SetPassword(t.Context(), operator(), "ann", "another long one"); err != nil {
			t.Fatal(err)
		}
		_, err := w.Resolve(t.Context(), token, home)
		refused(t, err, standin.Unauthenticated, "signin.expired")
		_, _, err = w.Password(t.Context(), "ann@acme.example", good, home)
		refused(t, err, standin.Unauthenticated, "signin.not_right")
	})
}

func TestHashesAreRenewed(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		stronger := cheap()
		stronger.Hash.Iterations = 2
		s := w.again(stronger)
		hash := func() string {
			var hash string
			if err := w.db.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT hash FROM passwords WHERE person = 'ann'`).Scan(&hash)
			}); err != nil {
				t.Fatal(err)
			}
			return hash
		}
		before := hash()
		if _, _, err := s.Password(t.Context(), "ann@acme.example", "wrong password", home); err == nil || hash() != before {
			t.Errorf("got %v, want the hash kept where the password was wrong", err)
		}
		if _, _, err := s.Password(t.Context(), "ann@acme.example", good, home); err != nil {
			t.Fatal(err)
		}
		renewed := hash()
		if renewed == before || !strings.Contains(renewed, "t=2") {
			t.Errorf("got %s, want it made anew with 2 passes", renewed)
		}
		if _, _, err := s.Password(t.Context(), "ann@acme.example", good, home); err != nil || hash() != renewed {
			t.Errorf("got %v, want the hash kept", err)
		}
	})
}

func TestLoginsEndByThemselves(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		idle := w.enter("ann")
		w.pass(30*time.Minute - time.Microsecond)
		w.resolve(idle) // seen
		w.pass(30*time.Minute - time.Microsecond)
		w.resolve(idle)
		w.pass(30 * time.Minute)
		_, err := w.Resolve(t.Context(), idle, home)
		refused(t, err, standin.Unauthenticated, "signin.expired")
		_, err = w.Resolve(t.Context(), idle, home) // the record is there by now
		refused(t, err, standin.Unauthenticated, "signin.expired")

		used := w.enter("ann")
		id := w.resolve(used).Caller.Login.ID
		for range 24*2 - 1 {
			w.pass(15 * time.Minute)
			w.resolve(used)
		}
		w.pass(15 * time.Minute) // 12 h
		_, err = w.Resolve(t.Context(), used, home)
		refused(t, err, standin.Unauthenticated, "signin.expired")
		if told := w.told(acme, "login:"+string(id)); len(told) != 2 || told[0] != "system:signin  login.end done []" {
			t.Errorf("got %q", told)
		}
	})
}

func TestOptions(t *testing.T) {
	for o, fine := range map[signin.Options]bool{
		{}:                       true,
		{Idle: 15 * time.Minute}: true,
		{Idle: time.Second}:      false,
		{Idle: 13 * time.Hour}:   false,
		{Total: 25 * time.Hour}:  false,
		{Total: time.Hour, Idle: 15 * time.Minute}: true,
	} {
		if err := o.Check(); (err == nil) != fine {
			t.Errorf("%+v: got %v, want fine %v", o, err, fine)
		}
	}
}

func TestOwnLogins(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		here, there, other := w.enter("ann"), w.enter("ann"), w.enter("boss")
		me := w.resolve(here).Caller
		all, err := w.Browsers(t.Context(), me)
		if err != nil || len(all) != 2 || all[0].Here == all[1].Here {
			t.Fatalf("got %+v, %v", all, err)
		}
		refused(t, w.OutElsewhere(t.Context(), me, w.resolve(other).Caller.Login.ID), standin.NotFound, "signin.login_unknown")
		if err := w.OutElsewhere(t.Context(), me, w.resolve(there).Caller.Login.ID); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(t.Context(), there, home)
		refused(t, err, standin.Unauthenticated, "signin.signed_out")
		if err := w.OutEverywhere(t.Context(), me); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(t.Context(), here, home)
		refused(t, err, standin.Unauthenticated, "signin.signed_out")
		w.resolve(other)
	})
}

func TestFirstSignInShowsTheNotice(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		settings := directory.DefaultSettings()
		settings.PrivacyNotice = directory.PrivacyNotice{Version: "2026-11", Text: "We write down what is done."}
		w.must(w.dir.PutOrganisation(t.Context(), operator(), directory.Organisation{Name: "acme", Settings: settings}))
		id := w.cover("ann", "boss")
		token := w.enter("ann")
		v := w.resolve(token)
		if v.NoticeDue == nil || *v.NoticeDue != settings.PrivacyNotice {
			t.Fatalf("got %+v, want the new notice", v.NoticeDue)
		}
		token = w.act(token, id)
		acting := w.resolve(token)
		if acting.NoticeDue != nil {
			t.Error("a notice is due while acting")
		}
		refused(t, w.AcceptNotice(t.Context(), acting.Caller, "2026-11"), standin.Denied, "directory.notice_while_acting")
		if told := w.told(acme, "person:boss"); told[0] != `person:ann boss person.accept_notice refused ["directory.notice_while_acting"]` {
			t.Errorf("got %q", told)
		}
		refused(t, w.AcceptNotice(t.Context(), v.Caller, "2026-10"), standin.Conflict, "directory.notice_changed")
		if err := w.AcceptNotice(t.Context(), v.Caller, "2026-11"); err != nil {
			t.Fatal(err)
		}
		if token, err := w.Stop(t.Context(), token, home); err != nil || w.resolve(token).NoticeDue != nil {
			t.Errorf("got %v, want nothing due", err)
		}
	})
}

func TestDemoContinuesAs(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		demo := signin.NewDemo(w.Signin)
		token, l, err := demo.ContinueAs(t.Context(), acme, "bob", home)
		if err != nil || l.Factors[0] != "demo" {
			t.Fatal(l, err)
		}
		w.act(token, w.cover("bob", "ann"))
		_, _, err = demo.ContinueAs(t.Context(), acme, "rita", home)
		refused(t, err, standin.NotFound, "directory.person_unknown")
	})
}
