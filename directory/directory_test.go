package directory_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// town is a directory with two organisations, whose clock moves when told.
type town struct {
	*directory.Directory
	t     *testing.T
	db    *db.DB
	clock time.Time
	// limits and entry are those of the delegation by which anybody acts here.
	limits rights.Limits
	entry  bool
}

const (
	acme  standin.OrganisationID = "acme"
	rival standin.OrganisationID = "rival"
)

func in(t *testing.T, test func(t *testing.T, w *town)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := &town{t: t, db: d, clock: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
		w.Directory = directory.New(d, ledger.New(d, w.now), w.now)
		w.BoundBy(func(context.Context, *db.Tx, standin.Caller) (rights.Limits, bool, error) {
			return w.limits, w.entry, nil
		})
		w.settle()
		test(t, w)
	})
}

func (w *town) now() time.Time { return w.clock }

// settle founds acme with units sales, sales/emea and finance, and rival with sales.
func (w *town) settle() {
	w.t.Helper()
	for org, units := range map[standin.OrganisationID][]standin.UnitID{acme: {"sales", "sales/emea", "finance"}, rival: {"sales"}} {
		op := operator(org)
		w.fine(w.PutOrganisation(w.t.Context(), op, directory.Organisation{Name: string(org) + " Ltd", Settings: directory.DefaultSettings()}))
		for _, u := range units {
			w.fine(w.PutUnit(w.t.Context(), op, u))
		}
		for _, r := range []rights.Role{
			{ID: "staff", Rank: 0, Allow: []string{}},
			{ID: "hr", Rank: 50, Allow: []string{"standin:person.manage@unit"}},
			{ID: "auditor", Rank: 20, Allow: []string{"standin:audit.view"}},
			{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org"}},
		} {
			w.fine(w.PutRole(w.t.Context(), op, r, 0))
		}
	}
	w.settlePerson(acme, "boss", "Bea Boss", "", "super")
	w.settlePerson(acme, "hr", "Hanna Resch", "sales", "hr")
	w.settlePerson(acme, "ann", "Ann Müller", "sales/emea", "staff")
	w.settlePerson(acme, "fin", "Finn Fink", "finance", "staff")
	w.settlePerson(rival, "rita", "Rita Rival", "sales", "super")
}

func (w *town) settlePerson(org standin.OrganisationID, id standin.PersonID, name string, unit standin.UnitID, role standin.RoleID) {
	w.t.Helper()
	if _, _, err := w.PutPerson(w.t.Context(), operator(org), directory.Person{ID: id, Name: name, Email: string(id) + "@" + string(org) + ".example", Unit: unit}); err != nil {
		w.t.Fatal(err)
	}
	w.fine(w.Hold(w.t.Context(), operator(org), id, role, ""))
}

func (w *town) fine(changed bool, err error) {
	w.t.Helper()
	if err != nil || !changed {
		w.t.Fatalf("got changed %v, %v; want a change", changed, err)
	}
}

func (w *town) person(org standin.OrganisationID, id standin.PersonID) (p directory.Person) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = w.Person(ctx, tx, org, id)
		return err
	})
	return p
}

func (w *town) view(fn func(ctx context.Context, tx *db.Tx) error) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// records counts the records of the organisation.
func (w *town) records(org standin.OrganisationID) (n int) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM records WHERE organisation = $1`, string(org)).Scan(&n)
	})
	return n
}

// last returns action, outcome and reasons of the resource's last record.
func (w *town) last(org standin.OrganisationID, resource string) (said string) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT actor || ' ' || action || ' ' || outcome || ' ' || reasons FROM records
			WHERE organisation = $1 AND resource = $2 ORDER BY at DESC, id DESC LIMIT 1`, string(org), resource).Scan(&said)
	})
	return said
}

func operator(org standin.OrganisationID) standin.Caller { return standin.OperatorCaller(org, "test") }

func as(org standin.OrganisationID, id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.PersonActor(id), Principal: id}
}

func acting(org standin.OrganisationID, actor, principal standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.PersonActor(actor), Principal: principal, Session: "s-1", Delegation: "d-1"}
}

func refused(t *testing.T, err error, kind standin.Kind, code string) {
	t.Helper()
	if standin.KindOf(err) != kind || standin.CodeOf(err) != code {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.KindOf(err), standin.CodeOf(err), kind, code)
	}
}

func TestSettings(t *testing.T) {
	if err := directory.DefaultSettings().Check(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*directory.Settings){
		"settings.acting.max":             func(s *directory.Settings) { s.Acting.Max = 25 * time.Hour },
		"settings.acting.default":         func(s *directory.Settings) { s.Acting.Default = 59 * time.Minute },
		"settings.delegation.max":         func(s *directory.Settings) { s.Delegation.Max = time.Hour },
		"settings.word":                   func(s *directory.Settings) { s.Word = "user" },
		"settings.calls":                  func(s *directory.Settings) { s.Calls = "" },
		"settings.time_zone":              func(s *directory.Settings) { s.TimeZone = "Europe/Nowhere" },
		"settings.privacy_notice.version": func(s *directory.Settings) { s.PrivacyNotice.Text = "We look." },
		"settings":                        func(s *directory.Settings) { s.Acting.Max -= time.Millisecond },
	} {
		s := directory.DefaultSettings()
		change(&s)
		err, _ := s.Check().(*standin.Error)
		if err == nil || err.Kind != standin.Invalid || err.Field != field {
			t.Errorf("got %v, want a refusal of %s", err, field)
		}
	}
	want := directory.DefaultSettings()
	want.Delegation.Max, want.Acting.Max, want.Acting.Default = 0, 90*time.Minute, time.Hour+time.Second
	want.PrivacyNotice = directory.PrivacyNotice{Version: "2", Text: "We look."}
	var got directory.Settings
	if err := got.UnmarshalJSON(ledger.State(want)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSpans(t *testing.T) {
	for d, text := range map[time.Duration]string{0: "none", time.Hour: "1h", 24 * time.Hour: "24h", 90 * 24 * time.Hour: "90d",
		90 * time.Minute: "1h30m", 45 * time.Second: "45s", 10 * time.Minute: "10m"} {
		if got := directory.Span(d); got != text {
			t.Errorf("got %s, want %s", got, text)
		}
		if got, err := directory.ParseSpan(text); got != d || err != nil {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "0d", "-1h", "90", "4000d", "1.5d", "0s"} {
		if d, err := directory.ParseSpan(bad); err == nil {
			t.Errorf("%q: got %v, want a refusal", bad, d)
		}
	}
}

func TestThreat71NamesThatDeceive(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		put := func(name, email string) error {
			_, _, err := w.PutPerson(t.Context(), operator(acme), directory.Person{ID: "x", Name: name, Email: email})
			return err
		}
		long := make([]rune, 10_000)
		for i := range long {
			long[i] = 'ä'
		}
		for _, name := range []string{"Ann\u202Egnp.exe", "Ann\u2066x\u2069", "\u200FAnn", "Ann\nBob", "Ann\x00", "Ann\xffBob", "\uFEFFAnn", "Ann\U000E0041"} {
			refused(t, put(name, "x@acme.example"), standin.Invalid, "directory.name_characters")
		}
		refused(t, put(" \t ", "x@acme.example"), standin.Invalid, "directory.name_length")
		refused(t, put("   ", "x@acme.example"), standin.Invalid, "directory.name_length")
		refused(t, put(string(long), "x@acme.example"), standin.Invalid, "directory.name_length")
		for _, email := range []string{"", "x", "@acme.example", "x@", "x@a b.example", "x y@acme.example", "x@@acme.example", "<x@acme.example>", "x@acme..example", "x\u202E@acme.example"} {
			refused(t, put("X", email), standin.Invalid, "directory.email")
		}
		if err := put("  <b>Zoe\u0301 O’Neill</b> ", " Zoe@Acme.Example "); err != nil {
			t.Fatal(err)
		}
		if p := w.person(acme, "x"); p.Name != "<b>Zo\u00e9 O’Neill</b>" || p.Email != "Zoe@Acme.Example" {
			t.Errorf("got %q, %q", p.Name, p.Email)
		}
	})
}

func TestThreat47NothingIsReused(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		put := func(org standin.OrganisationID, id standin.PersonID, email string) error {
			_, _, err := w.PutPerson(t.Context(), operator(org), directory.Person{ID: id, Name: "New", Email: email})
			return err
		}
		if err := w.Deactivate(t.Context(), operator(acme), "ann"); err != nil {
			t.Fatal(err)
		}
		refused(t, put(rival, "ann", "new@rival.example"), standin.Conflict, "directory.id_taken")
		refused(t, put(rival, "new", "ANN@ACME.example"), standin.Conflict, "directory.email_taken")
		refused(t, put(acme, "new", "\uFF41nn@acme.example"), standin.Conflict, "directory.email_taken") // a fullwidth a
		if p := w.person(acme, "ann"); p.Active() || p.Name != "Ann Müller" {
			t.Errorf("got %+v", p)
		}
	})
}

func TestPutPersonTwiceChangesNothing(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		p := directory.Person{ID: "new", Name: "New One", Email: "new@acme.example", Unit: "sales", Manager: "ann", Language: "de", AcceptedAt: w.clock}
		for _, want := range []bool{true, false} {
			before := w.records(acme)
			if _, changed, err := w.PutPerson(t.Context(), operator(acme), p); err != nil || changed != want {
				t.Fatalf("got %v, %v, want %v", changed, err, want)
			}
			if wrote := w.records(acme) > before; wrote != want {
				t.Errorf("recorded: %v, want %v", wrote, want)
			}
		}
		got := w.person(acme, "new")
		if got.TimeZone != "UTC" || got.AcceptedVersion != "standin-1" || !got.AcceptedAt.Equal(w.clock) || got.Version != 1 {
			t.Errorf("got %+v", got)
		}
		got.Name, got.Version = "Newer", 7
		_, _, err := w.PutPerson(t.Context(), operator(acme), got)
		refused(t, err, standin.Conflict, "directory.changed")
	})
}

func TestManagersHaveNoCycle(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		manage := func(id, manager standin.PersonID) error {
			p := w.person(acme, id)
			p.Manager = manager
			_, _, err := w.PutPerson(t.Context(), operator(acme), p)
			return err
		}
		for id, manager := range map[standin.PersonID]standin.PersonID{"ann": "hr", "hr": "boss"} {
			if err := manage(id, manager); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, manage("boss", "ann"), standin.Invalid, "directory.manager_cycle")
		refused(t, manage("ann", "ann"), standin.Invalid, "directory.manager_cycle")
		refused(t, manage("ann", "rita"), standin.NotFound, "directory.person_unknown")
		refused(t, manage("ann", "nobody"), standin.NotFound, "directory.person_unknown")
	})
}

func TestUnitsAreATree(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		_, err := w.PutUnit(t.Context(), operator(acme), "legal/eu")
		refused(t, err, standin.NotFound, "directory.unit_unknown")
		for _, bad := range []standin.UnitID{"", "/", "sales/", "/sales", "sales//emea", "sa les"} {
			_, err := w.PutUnit(t.Context(), operator(acme), bad)
			refused(t, err, standin.Invalid, "directory.unit_path")
		}
		if changed, err := w.PutUnit(t.Context(), operator(acme), "sales"); changed || err != nil {
			t.Errorf("got %v, %v, want nothing", changed, err)
		}
		_, _, err = w.PutPerson(t.Context(), operator(rival), directory.Person{ID: "r2", Name: "R", Email: "r2@rival.example", Unit: "finance"})
		refused(t, err, standin.NotFound, "directory.unit_unknown")
	})
}
