package delegation_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// leaving settles that bob goes: he holds a stand-in for ann, cem stands in for him, and fin of finance reports to him.
func leaving(h *house) (held, granted delegation.Delegation) {
	h.T.Helper()
	wish := cover("bob", "ann")
	wish.End, wish.Limits = h.Now().Add(20*day), rights.Limits{ReadOnly: true, Units: []standin.UnitID{"sales/emea"}}
	held, granted = h.name(wish), h.name(cover("cem", "bob"))
	fin := h.someone("fin")
	fin.Manager = "bob"
	if _, _, err := h.Directory.PutPerson(h.T.Context(), operator(acme), fin); err != nil {
		h.T.Fatal(err)
	}
	h.Pass(time.Hour)
	return held, granted
}

func (h *house) someone(id standin.PersonID) (p directory.Person) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = h.Directory.Person(ctx, tx, acme, id)
		return err
	})
	return p
}

func TestWhatALeaverHeldIsHandedOn(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		held, granted := leaving(h)
		estate, e := h.EstateOf(t.Context(), as(acme, "boss"), "bob")
		if e != nil || len(estate.Granted) != 1 || len(estate.Held) != 1 || len(estate.Reports) != 1 || estate.Reports[0].ID != "fin" {
			t.Fatalf("got %+v, %v; want one of each", estate, e)
		}
		done, e := h.HandOn(t.Context(), as(acme, "boss"), delegation.Handing{Person: "bob", End: []standin.DelegationID{granted.ID},
			Pass: []delegation.Passing{{Delegation: held.ID, To: "cem"}}, Reports: []delegation.Reporting{{Person: "fin", Manager: "hr"}}, Deactivate: true})
		if e != nil {
			t.Fatal(e)
		}
		want := delegation.Delegation{Organisation: acme, ID: done.Named[0].ID, Actor: "cem", Principal: "ann", Kind: delegation.Cover, Purpose: held.Purpose,
			Limits: held.Limits, StartsAt: h.Now(), EndsAt: held.EndsAt, CreatedAt: h.Now(), CreatedBy: "person:boss", ChangedAt: h.Now(), Version: 1}
		if diff := cmp.Diff(want, h.load(acme, done.Named[0].ID)); diff != "" {
			t.Errorf("named -want +got:\n%s", diff)
		}
		for _, id := range []standin.DelegationID{held.ID, granted.ID} {
			if d := h.load(acme, id); d.StateAt(h.Now()) != delegation.Revoked || d.EndedBy != "person:boss" || !d.EndedAt.Equal(h.Now()) {
				t.Errorf("got %+v, want it ended by the boss", d)
			}
			records := h.records(acme, "delegation:"+string(id))
			if diff := cmp.Diff(record{"person:boss", "", "delegation.revoke", ledger.Done, "delegation.handed_on"}, records[len(records)-1]); diff != "" {
				t.Errorf("ended -want +got:\n%s", diff)
			}
		}
		if diff := cmp.Diff([]record{{"person:boss", "", "delegation.name", ledger.Done, "delegation.handed_on"}}, h.records(acme, "delegation:"+string(done.Named[0].ID))); diff != "" {
			t.Errorf("named -want +got:\n%s", diff)
		}
		if fin, bob := h.someone("fin"), h.someone("bob"); fin.Manager != "hr" || bob.Active() || !done.Deactivated {
			t.Errorf("got manager %s, bob active %v", fin.Manager, bob.Active())
		}
		alerts, e := h.Alerts(t.Context(), as(acme, "cem"))
		told := map[delegation.AlertKind]bool{}
		for _, a := range alerts {
			told[a.Kind] = true
		}
		if e != nil || !told[delegation.AlertEnded] || !told[delegation.AlertNamed] {
			t.Errorf("cem is told %v, %v; want that one ended and another was named", told, e)
		}
		h.explained()
	})
}

func TestThreat15HandingOnObeysTheRulesOfNaming(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		held, granted := leaving(h)
		upward := h.name(cover("bob", "boss"))
		h.person(acme, "gone", "Gone Away", "sales", "staff")
		if e := h.Directory.Deactivate(t.Context(), operator(acme), "gone"); e != nil {
			t.Fatal(e)
		}
		pass := func(id standin.DelegationID, to standin.PersonID) delegation.Handing {
			return delegation.Handing{Person: "bob", Pass: []delegation.Passing{{Delegation: id, To: to}}}
		}
		end := delegation.Handing{Person: "bob", End: []standin.DelegationID{granted.ID}}
		both := pass(held.ID, "nobody")
		both.End = end.End
		before := h.everything()
		for what, c := range map[string]struct {
			caller standin.Caller
			wish   delegation.Handing
			kind   standin.Kind
			code   string
		}{
			"to the principal":          {as(acme, "boss"), pass(held.ID, "ann"), standin.Invalid, "delegation.self"},
			"to the leaver":             {as(acme, "boss"), pass(held.ID, "bob"), standin.Invalid, "delegation.hand_to_leaver"},
			"to one who is inactive":    {as(acme, "boss"), pass(held.ID, "gone"), standin.Invalid, "delegation.inactive_person"},
			"to another organisation":   {as(acme, "boss"), pass(held.ID, "rita"), standin.NotFound, "delegation.person_unknown"},
			"to oneself, upward":        {as(acme, "hr"), pass(upward.ID, "hr"), standin.NotFound, "delegation.unknown"},
			"by the actor":              {as(acme, "bob"), pass(held.ID, "cem"), standin.Denied, "delegation.not_yours"},
			"by a colleague":            {as(acme, "cem"), end, standin.NotFound, "delegation.person_unknown"},
			"by one who acts":           {acting("cem", "bob"), end, standin.Denied, "delegation.not_while_acting"},
			"by another organisation":   {as(rival, "rita"), end, standin.NotFound, "delegation.person_unknown"},
			"what they did not grant":   {as(acme, "boss"), delegation.Handing{Person: "bob", End: []standin.DelegationID{held.ID}}, standin.NotFound, "delegation.unknown"},
			"what they do not hold":     {as(acme, "boss"), pass(granted.ID, "ann"), standin.NotFound, "delegation.unknown"},
			"one line of two":           {as(acme, "boss"), both, standin.NotFound, "delegation.person_unknown"},
			"a report of somebody else": {as(acme, "boss"), delegation.Handing{Person: "bob", Reports: []delegation.Reporting{{Person: "ann", Manager: "hr"}}}, standin.Conflict, "delegation.not_report"},
			"a report to the leaver":    {as(acme, "boss"), delegation.Handing{Person: "bob", Reports: []delegation.Reporting{{Person: "fin", Manager: "bob"}}}, standin.Conflict, "delegation.not_report"},
			"a report out of scope":     {as(acme, "hr"), delegation.Handing{Person: "bob", Reports: []delegation.Reporting{{Person: "fin", Manager: "hr"}}}, standin.Denied, "directory.not_entitled"},
			"making oneself inactive":   {as(acme, "bob"), delegation.Handing{Person: "bob", Deactivate: true}, standin.Denied, "directory.not_entitled"},
			"too many":                  {as(acme, "boss"), delegation.Handing{Person: "bob", End: make([]standin.DelegationID, 501)}, standin.Invalid, "delegation.too_much_handed"},
			"nobody":                    {as(acme, "boss"), delegation.Handing{Person: "nobody"}, standin.NotFound, "delegation.person_unknown"},
		} {
			_, e := h.HandOn(t.Context(), c.caller, c.wish)
			t.Run(what, func(t *testing.T) { refused(t, e, c.kind, c.code) })
		}
		byID := cmp.Transformer("byID", func(all []delegation.Delegation) map[standin.DelegationID]delegation.Delegation {
			found := map[standin.DelegationID]delegation.Delegation{}
			for _, d := range all {
				found[d.ID] = d
			}
			return found
		})
		if diff := cmp.Diff(before, h.everything(), byID); diff != "" {
			t.Errorf("what was refused changed something -before +after:\n%s", diff)
		}
		done, e := h.HandOn(t.Context(), as(acme, "bob"), end) // their own they may end
		if e != nil || len(done.Ended) != 1 {
			t.Errorf("got %+v, %v; want what bob granted ended", done, e)
		}
		h.explained()
	})
}

func TestHandingOnWidensNothing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		long := h.name(cover("bob", "ann"))
		paused := h.name(delegation.Naming{Actors: []standin.PersonID{"bob"}, Principal: "ann", Limits: rights.Limits{ReadOnly: true}})
		later := cover("bob", "cem")
		later.Start = h.Now().Add(5 * day)
		upcoming, ready := h.name(later), h.name(standby("bob", "cem"))
		must(h.Enable(t.Context(), as(acme, "cem"), ready.ID, 4*time.Hour))(t)
		must(h.Deactivate(t.Context(), as(acme, "ann"), paused.ID))(t)
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Max, s.Delegation.Accept = 30*day, true })
		h.Pass(time.Hour)
		wish := delegation.Handing{Person: "bob"}
		for _, d := range []delegation.Delegation{long, paused, upcoming, ready} {
			wish.Pass = append(wish.Pass, delegation.Passing{Delegation: d.ID, To: "hr2", Purpose: "instead of Bob"})
		}
		done, e := h.HandOn(t.Context(), as(acme, "hr"), wish)
		if e != nil {
			t.Fatal(e)
		}
		for i, want := range []struct {
			state  delegation.State
			starts time.Time
			ends   time.Time
		}{
			{delegation.Waiting, h.Now(), h.Now().Add(30 * day)}, // no longer than is allowed by now
			{delegation.Inactive, h.Now(), h.Now().Add(30 * day)},
			{delegation.Waiting, upcoming.StartsAt, upcoming.StartsAt.Add(30 * day)},
			{delegation.Waiting, h.Now(), time.Time{}}, // a standby that nobody enabled
		} {
			d := h.load(acme, done.Named[i].ID)
			if d.StateAt(h.Now()) != want.state || !d.StartsAt.Equal(want.starts) || !d.EndsAt.Equal(want.ends) || !d.EnabledAt.IsZero() ||
				d.Purpose != "instead of Bob" || d.AskedOf != "hr2" {
				t.Errorf("%d: got %s from %s to %s, asked of %s; want %+v", i, d.StateAt(h.Now()), d.StartsAt, d.EndsAt, d.AskedOf, want)
			}
		}
		_, e = h.HandOn(t.Context(), as(acme, "hr"), wish)
		refused(t, e, standin.Conflict, "delegation.over")
		h.explained()
	})
}

func TestLimitsFollowTheirUnit(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		wish := cover("bob", "ann")
		wish.Limits.Units = []standin.UnitID{"finance", "sales/emea"}
		d := h.name(wish)
		wish.Limits.Units = []standin.UnitID{"sales"}
		over := h.name(wish)
		must(h.Revoke(t.Context(), as(acme, "ann"), over.ID))(t)
		plain := h.name(cover("cem", "ann"))
		h.Pass(time.Hour)
		_, e := h.MoveUnit(t.Context(), as(acme, "hr"), "sales", "vertrieb")
		refused(t, e, standin.Denied, "directory.not_entitled")
		if changed, e := h.MoveUnit(t.Context(), as(acme, "boss"), "sales", "vertrieb"); e != nil || !changed {
			t.Fatal(changed, e)
		}
		if diff := cmp.Diff([]standin.UnitID{"finance", "vertrieb/emea"}, h.load(acme, d.ID).Limits.Units); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if got := h.load(acme, over.ID); got.Limits.Units[0] != "sales" {
			t.Errorf("got %v, want what is over as it was", got.Limits)
		}
		if got := h.load(acme, plain.ID); got.Version != 1 {
			t.Errorf("got version %d, want what names no unit untouched", got.Version)
		}
		if changed, e := h.MoveUnit(t.Context(), as(acme, "boss"), "sales", "vertrieb"); e != nil || changed {
			t.Errorf("got %v, %v; want no change", changed, e)
		}
		records := h.records(acme, "unit:sales")
		if want := (record{"person:hr", "", "unit.move", ledger.Refused, "directory.not_entitled"}); records[1] != want {
			t.Errorf("got %+v, want %+v", records[1], want)
		}
		h.explained()
	})
}

// TestTwoAdministratorsHandOnTheSame: one of them wins, the other is told that it is over.
func TestTwoAdministratorsHandOnTheSame(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for range 3 {
			d := h.name(cover("bob", "ann"))
			results := make([]error, 2)
			var wait sync.WaitGroup
			for i, to := range []standin.PersonID{"cem", "fin"} {
				wait.Go(func() {
					_, results[i] = h.HandOn(t.Context(), as(acme, "boss"), delegation.Handing{Person: "bob", Pass: []delegation.Passing{{Delegation: d.ID, To: to}}})
				})
			}
			wait.Wait()
			lost := results[0]
			if lost == nil {
				lost = results[1]
			}
			refused(t, lost, standin.Conflict, "delegation.over")
			list, e := h.ListForPrincipal(t.Context(), as(acme, "ann"), "ann", false)
			if e != nil || len(list) != 1 || list[0].Actor == "bob" {
				t.Fatalf("got %v, %v; want one stand-in, and not bob", list, e)
			}
			must(h.Revoke(t.Context(), as(acme, "ann"), list[0].ID))(t)
		}
		h.explained()
	})
}
