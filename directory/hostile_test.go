package directory_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// TestThreat16MovingGivesNothingNew: a role that is held at one's own unit moves with the person, so bringing them to
// another unit hands out what the role allows there.
func TestThreat16MovingGivesNothingNew(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, hr, boss := t.Context(), as(acme, "hr"), as(acme, "boss")
		w.fine(w.PutRole(ctx, operator(acme), rights.Role{ID: "watch", Rank: 10, Allow: []string{"standin:audit.view@unit"}}, 0))
		w.fine(w.PutUnit(ctx, operator(acme), "sales/emea/north"))
		w.fine(w.PutUnit(ctx, operator(acme), "sales/apac"))
		w.fine(w.Hold(ctx, operator(acme), "ann", "watch", ""))
		move := func(by standin.Caller, id standin.PersonID, to standin.UnitID) error {
			p := w.person(acme, id)
			p.Unit = to
			_, _, err := w.PutPerson(ctx, by, p)
			return err
		}
		audits := func(id standin.PersonID, unit standin.UnitID) (yes bool) {
			w.view(func(ctx context.Context, tx *db.Tx) error {
				yes = w.Require(ctx, tx, as(acme, id), "audit", "view", unit) == nil
				return nil
			})
			return yes
		}
		for _, to := range []standin.UnitID{"sales", "sales/apac"} {
			refused(t, move(hr, "ann", to), standin.Denied, "directory.more_than_own")
			if audits("ann", to) || !audits("ann", "sales/emea") {
				t.Errorf("ann sees the record of %s", to)
			}
		}
		if got := w.last(acme, "person:ann"); got != `person:hr person.change refused ["directory.more_than_own"]` {
			t.Errorf("got %s", got)
		}
		if err := move(hr, "ann", "sales/emea/north"); err != nil { // narrower
			t.Error(err)
		}
		refused(t, move(hr, "ann", "sales/emea"), standin.Denied, "directory.more_than_own") // and back
		if err := move(boss, "ann", "sales/apac"); err != nil {                              // who holds it may
			t.Error(err)
		}
		w.fine(w.Hold(ctx, operator(acme), "ann", "watch", "sales")) // she sees all of sales wherever she is
		if err := move(hr, "ann", "sales/emea"); err != nil {
			t.Error(err)
		}
		w.settlePerson(acme, "pat", "Pat Plain", "sales/emea", "hr")
		if err := move(hr, "pat", "sales"); err != nil { // gives what hr holds
			t.Error(err)
		}
		refused(t, move(hr, "pat", "finance"), standin.Denied, "directory.not_entitled")
		refused(t, move(hr, "pat", ""), standin.Denied, "directory.not_entitled")
	})
}

// together runs all tries at once and returns how many succeeded.
func together(tries ...func() error) (fine int, errs []error) {
	errs = make([]error, len(tries))
	var wg sync.WaitGroup
	for i, try := range tries {
		wg.Go(func() { errs[i] = try() })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			fine++
		}
	}
	return fine, errs
}

// TestTheLastAdministratorStaysInARace: two who take each other's power at the same moment do not both succeed.
func TestTheLastAdministratorStaysInARace(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		w.fine(w.PutRole(ctx, operator(acme), rights.Role{ID: "second", Rank: 90, Allow: []string{"standin:*.*"}}, 0))
		w.settlePerson(acme, "chief", "Chia Chief", "", "second")
		weaken := func(id standin.RoleID) func() error {
			return func() error { return second(w.PutRole(ctx, operator(acme), rights.Role{ID: id, Rank: 90}, 0)) }
		}
		restore := func() {
			t.Helper()
			for _, id := range []standin.PersonID{"boss", "chief"} {
				if err := w.Reactivate(ctx, operator(acme), id); err != nil {
					t.Fatal(err)
				}
			}
			for id, holder := range map[standin.RoleID]standin.PersonID{"super": "boss", "second": "chief"} {
				if _, err := w.PutRole(ctx, operator(acme), rights.Role{ID: id, Rank: 90, Allow: []string{"standin:*.*"}}, 0); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Hold(ctx, operator(acme), holder, id, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, tries := range map[string][]func() error{
			"deactivate": {
				func() error { return w.Deactivate(ctx, as(acme, "boss"), "chief") },
				func() error { return w.Deactivate(ctx, as(acme, "chief"), "boss") },
			},
			"release": {
				func() error { return second(w.Release(ctx, operator(acme), "boss", "super", "")) },
				func() error { return second(w.Release(ctx, operator(acme), "chief", "second", "")) },
			},
			"roles": {weaken("super"), weaken("second")},
			"mixed": {
				weaken("super"),
				func() error { return second(w.Release(ctx, operator(acme), "chief", "second", "")) },
				func() error { return w.Deactivate(ctx, operator(acme), "chief") },
			},
		} {
			for range 3 {
				fine, errs := together(tries...)
				var left int
				w.view(func(ctx context.Context, tx *db.Tx) error {
					left = 0
					for _, id := range []standin.PersonID{"boss", "chief"} {
						if w.Require(ctx, tx, as(acme, id), "settings", "manage", "") == nil {
							left++
						}
					}
					return nil
				})
				if left == 0 || fine == 0 || fine == len(tries) {
					t.Errorf("%s: %d administrators are left after %v", name, left, errs)
				}
				restore()
			}
		}
	})
}

// TestRacesLeaveNoNonsense: managers in a ring, one address twice, one role twice.
func TestRacesLeaveNoNonsense(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		manage := func(id, manager standin.PersonID) func() error {
			return func() error {
				p := w.person(acme, id)
				p.Manager = manager
				_, _, err := w.PutPerson(ctx, operator(acme), p)
				return err
			}
		}
		for range 3 {
			if fine, errs := together(manage("ann", "fin"), manage("fin", "hr"), manage("hr", "ann")); fine != 2 {
				t.Errorf("got %v, want two to succeed", errs)
			}
			for _, id := range []standin.PersonID{"ann", "fin", "hr"} {
				if err := manage(id, "")(); err != nil {
					t.Fatal(err)
				}
			}
		}
		create := func(org standin.OrganisationID, email string) func() error {
			return func() error {
				_, _, err := w.PutPerson(ctx, operator(org), directory.Person{Name: "New", Email: email})
				return err
			}
		}
		fine, errs := together(create(acme, "new@acme.example"), create(acme, "NEW@acme.example"), create(rival, "new@ACME.example"))
		if fine != 1 {
			t.Errorf("got %v, want one to succeed", errs)
		}
		for _, err := range errs {
			if err != nil && standin.KindOf(err) != standin.Conflict {
				t.Errorf("got %v, want a conflict", err)
			}
		}
		var changed atomic.Int64
		hold := func() error {
			did, err := w.Hold(ctx, operator(acme), "fin", "auditor", "")
			if did {
				changed.Add(1)
			}
			return err
		}
		if fine, errs := together(hold, hold, hold); fine == 0 || changed.Load() != 1 {
			t.Errorf("got %v, %d changes", errs, changed.Load())
		}
	})
}

// TestThreat71NamesInEveryScript: what hides is refused, what people are called is not.
func TestThreat71NamesInEveryScript(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		put := func(name string) error {
			_, _, err := w.PutPerson(t.Context(), operator(acme), directory.Person{ID: "x", Name: name, Email: "x@acme.example"})
			return err
		}
		for about, name := range map[string]string{
			"zero width space":      "An\u200Bn Lee",
			"joiner in Latin":       "An\u200Dn Lee",
			"non-joiner in Latin":   "An\u200Cn Lee",
			"joiner on an accent":   "An\u0323\u200Dn",
			"joiner first":          "\u200CAnn",
			"soft hyphen":           "An\u00ADn",
			"word joiner":           "An\u2060n",
			"invisible plus":        "An\u2064n",
			"grapheme joiner":       "An\u034Fn",
			"Hangul filler":         "\u3164",
			"halfwidth filler":      "Ann \uFFA0",
			"Mongolian separator":   "An\u180En",
			"braille without dots":  "Ann\u2800Lee",
			"annotation":            "An\uFFF9n\uFFFA",
			"tag":                   "Ann\U000E0041",
			"isolate":               "\u2068Ann\u2069",
			"line separator":        "Ann\u2028Lee",
			"only marks":            "\u0301\u0302",
			"a mark on what stands": "\u0338Ann",
			"a mark after a space":  "Ann \u0338Lee",
			"piled up":              "A" + strings.Repeat("\u0300", 8),
			"nothing to read":       "...",
			"only variants":         "\uFE0F\uFE0F",
		} {
			if err := put(name); standin.CodeOf(err) != "directory.name_characters" {
				t.Errorf("%s: got %v, want it refused", about, err)
			}
		}
		for _, name := range []string{"Nguyễn Thị Ánh", "Nguye\u0302\u0303n", "עִבְרִית כֹּהֵן", "مُحَمَّد", "علی\u200Cرضا", "श्री क्\u200Dष", "ශ්\u200Dරී", "தமிழ்", "ภูมิพล", "渡邊 葛\U000E0100", "김민준", "’t Hooft", "X Æ A-12", "O’Brien", "J.", "3M"} {
			if err := put(name); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		if _, err := w.PutOrganisation(t.Context(), operator(acme), directory.Organisation{Name: "Acme\u202E", Settings: directory.DefaultSettings()}); standin.CodeOf(err) != "directory.name_characters" {
			t.Errorf("got %v", err)
		}
	})
}

// TestSettingsMeanTheSameEverywhere: no setting that another machine reads otherwise, or that nobody can read.
func TestSettingsMeanTheSameEverywhere(t *testing.T) {
	for _, zone := range []string{"", "Local", "localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin", "../etc/passwd", "/etc/localtime", "Europe", "Europe/Berlin\x00"} {
		s := directory.DefaultSettings()
		s.TimeZone = zone
		refused(t, s.Check(), standin.Invalid, "directory.time_zone")
	}
	for version, fine := range map[string]bool{"2026-11": true, "v 2": true, "": true, " ": false, "2 ": false, "2\x00": false, "2\u200B": false, "\u202E2": false} {
		s := directory.DefaultSettings()
		s.PrivacyNotice.Version = version
		if err := s.Check(); (err == nil) != fine {
			t.Errorf("%q: got %v, want fine %v", version, err, fine)
		}
	}
}

// TestKeysFindOnlyWhatTheyWereMadeFor: a key that decides does not list the people.
func TestKeysFindOnlyWhatTheyWereMadeFor(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		for may, fine := range map[string]bool{"people": true, "admin": true, "decide": false, "record": false, "scim": false, "": false} {
			key := standin.Caller{Organisation: acme, Actor: standin.KeyActor("k"), May: []string{may}}
			if _, _, err := w.SearchPeople(t.Context(), key, "ann", nil, 10, ""); (err == nil) != fine {
				t.Errorf("%q: got %v, want found %v", may, err, fine)
			}
			people, _, err := w.People(t.Context(), key, directory.PeopleFilter{}, 100, "")
			if (len(people) > 0) != fine || err != nil {
				t.Errorf("%q: got %d people, %v, want found %v", may, len(people), err, fine)
			}
			_, err = w.PersonDetail(t.Context(), key, "ann")
			if (err == nil) != fine {
				t.Errorf("%q: got %v, want found %v", may, err, fine)
			}
		}
	})
}

// TestIdsThatAreNone are refused alike on both databases, as a person's fault, and fill no record.
func TestIdsThatAreNone(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, boss := t.Context(), as(acme, "boss")
		for _, id := range []string{"", "a\x00b", "\xff", "' OR ''='", strings.Repeat("x", 100_000), "\u202E"} {
			person, unit, role := standin.PersonID(id), standin.UnitID(id), standin.RoleID(id)
			for name, err := range map[string]error{
				"detail":     second(w.PersonDetail(ctx, boss, person)),
				"put":        second2(w.PutPerson(ctx, boss, directory.Person{ID: person + "!", Name: "X", Email: "x@acme.example"})),
				"deactivate": w.Deactivate(ctx, boss, person),
				"reactivate": w.Reactivate(ctx, boss, person),
				"hold":       second(w.Hold(ctx, boss, person, "staff", "")),
				"role":       second(w.Hold(ctx, boss, "ann", role, "")),
				"at":         second(w.Hold(ctx, boss, "ann", "auditor", unit+"?")),
				"release":    second(w.Release(ctx, boss, person, role, unit)),
				"unit":       second(w.PutUnit(ctx, boss, unit)),
			} {
				if kind := standin.KindOf(err); kind != standin.NotFound && kind != standin.Invalid {
					t.Errorf("%s %.20q: got %.100v (%s)", name, id, err, kind)
				}
			}
			_, _, err := w.SearchPeople(ctx, boss, id, []standin.PersonID{person}, 10, id+"."+id)
			if kind := standin.KindOf(err); err != nil && kind != standin.Invalid {
				t.Errorf("search %.20q: got %v", id, err)
			}
			_, _, err = w.People(ctx, boss, directory.PeopleFilter{Query: id, Unit: unit, Manager: person}, 10, id)
			if kind := standin.KindOf(err); err != nil && kind != standin.Invalid {
				t.Errorf("people %.20q: got %v", id, err)
			}
			refused(t, second(w.Hold(ctx, acting(acme, "ann", "boss"), person, role, unit)), standin.Denied, "directory.not_while_acting")
			refused(t, w.Deactivate(ctx, as(acme, "ann"), person), standin.Denied, "directory.not_entitled")
		}
		var longest int
		w.view(func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT max(length(resource)) FROM records`).Scan(&longest)
		})
		if longest > 600 {
			t.Errorf("a record keeps a resource of %d characters", longest)
		}
	})
}

func second2[A, B any](_ A, _ B, err error) error { return err }
