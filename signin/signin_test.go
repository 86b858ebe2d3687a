package signin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
)

const (
	acme  standin.OrganisationID = "acme"
	rival standin.OrganisationID = "rival"
	good                         = "correct horse battery"
)

var home = housetest.Home()

// porch is Standin's front door: a house with a few people, whose clock moves when told.
type porch struct {
	*housetest.House
	*signin.Signin
}

func in(t *testing.T, test func(t *testing.T, w *porch)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		rooms := housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
		w := &porch{rooms, rooms.Signin}
		w.settle()
		test(t, w)
	})
}

// settle founds acme with boss (super), ann and bob, and rival with rita. Everybody but bob has the good password.
func (w *porch) settle() {
	w.T.Helper()
	for org, people := range map[standin.OrganisationID][]standin.PersonID{acme: {"boss", "ann", "bob"}, rival: {"rita"}} {
		w.Settings(org)
		w.Roles(org, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}})
		for _, id := range people {
			w.Person(org, directory.Person{ID: id})
			if id != "bob" {
				w.Passwords(org, good, id)
			}
		}
	}
	w.Must(w.Directory.Hold(w.T.Context(), operator(), "boss", "super", ""))
}

func operator() standin.Caller { return standin.OperatorCaller(acme, "test") }

// enter signs the person of acme in.
func (w *porch) enter(id standin.PersonID) string {
	w.T.Helper()
	return w.Enter(string(id)+"@acme.example", good)
}

func (w *porch) act(token string, id standin.DelegationID) string {
	w.T.Helper()
	next, _ := w.StandIn(token, id)
	return next
}

// told returns "actor action outcome reasons" of every record about the resource, the latest first.
func (w *porch) told(org standin.OrganisationID, resource string) []string {
	w.T.Helper()
	return w.Lines(`SELECT actor || ' ' || principal || ' ' || action || ' ' || outcome || ' ' || reasons FROM records
		WHERE organisation = $1 AND resource LIKE $2 ORDER BY at DESC`, string(org), resource)
}

func refused(t testing.TB, err error, kind standin.Kind, code string) {
	t.Helper()
	housetest.Refused(t, err, kind, code)
}

func TestSignInAndOut(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		token, l, err := w.Password(t.Context(), " ANN@acme.EXAMPLE ", good, home)
		if err != nil {
			t.Fatal(err)
		}
		v := w.Visit(token)
		if v.Caller.Actor != "person:ann" || v.Caller.Principal != "ann" || v.Caller.Acting() || v.Caller.Login.ID != l.ID || v.Caller.Organisation != acme {
			t.Errorf("got %+v", v.Caller)
		}
		if !v.Person.LastSignIn.Equal(w.Now()) || !l.Ends.Equal(w.Now().Add(12*time.Hour)) || l.Factors[0] != "pwd" {
			t.Errorf("got %+v, %+v", v.Person, l)
		}
		if n := w.Count(`SELECT count(*) FROM logins WHERE token = '` + token + `'`); n != 0 {
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
		stronger := housetest.Cheap()
		stronger.Hash.Iterations = 2
		s := w.Door(stronger)
		hash := func() string {
			var hash string
			if err := w.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
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
		w.Pass(30*time.Minute - time.Microsecond)
		w.Visit(idle) // seen
		w.Pass(30*time.Minute - time.Microsecond)
		w.Visit(idle)
		w.Pass(30 * time.Minute)
		_, err := w.Resolve(t.Context(), idle, home)
		refused(t, err, standin.Unauthenticated, "signin.expired")
		_, err = w.Resolve(t.Context(), idle, home) // the record is there by now
		refused(t, err, standin.Unauthenticated, "signin.expired")

		used := w.enter("ann")
		id := w.Visit(used).Caller.Login.ID
		for range 24*2 - 1 {
			w.Pass(15 * time.Minute)
			w.Visit(used)
		}
		w.Pass(15 * time.Minute) // 12 h
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
		me := w.Visit(here).Caller
		all, err := w.Browsers(t.Context(), me)
		if err != nil || len(all) != 2 || all[0].Here == all[1].Here {
			t.Fatalf("got %+v, %v", all, err)
		}
		refused(t, w.OutElsewhere(t.Context(), me, w.Visit(other).Caller.Login.ID), standin.NotFound, "signin.login_unknown")
		if err := w.OutElsewhere(t.Context(), me, w.Visit(there).Caller.Login.ID); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(t.Context(), there, home)
		refused(t, err, standin.Unauthenticated, "signin.signed_out")
		if err := w.OutEverywhere(t.Context(), me); err != nil {
			t.Fatal(err)
		}
		_, err = w.Resolve(t.Context(), here, home)
		refused(t, err, standin.Unauthenticated, "signin.signed_out")
		w.Visit(other)
	})
}

func TestFirstSignInShowsTheNotice(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		settings := directory.DefaultSettings()
		settings.PrivacyNotice = directory.PrivacyNotice{Version: "2026-11", Text: "We write down what is done."}
		w.Must(w.Directory.PutOrganisation(t.Context(), operator(), directory.Organisation{Name: "acme", Settings: settings}))
		id := w.Cover("ann", "boss")
		token := w.enter("ann")
		v := w.Visit(token)
		if v.NoticeDue == nil || *v.NoticeDue != settings.PrivacyNotice {
			t.Fatalf("got %+v, want the new notice", v.NoticeDue)
		}
		token = w.act(token, id)
		acting := w.Visit(token)
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
		if token, err := w.Stop(t.Context(), token, home); err != nil || w.Visit(token).NoticeDue != nil {
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
		w.act(token, w.Cover("bob", "ann"))
		_, _, err = demo.ContinueAs(t.Context(), acme, "rita", home)
		refused(t, err, standin.NotFound, "directory.person_unknown")
	})
}
