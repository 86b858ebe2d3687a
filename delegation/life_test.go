package delegation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

func TestA2EditRemoveLayDown(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		later := d.StartsAt.Add(30 * day)
		edited, e := h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Version: d.Version, End: &later, Purpose: new("illness"),
			Limits: &rights.Limits{ReadOnly: true}})
		if e != nil {
			t.Fatal(e)
		}
		want := d
		want.EndsAt, want.Purpose, want.Limits, want.Version = later, "illness", rights.Limits{ReadOnly: true}, 2
		want.EditedAt, want.EditedBy, want.EditedHow = h.Now(), standin.PersonActor("ann"), delegation.EditedNarrowed
		if diff := cmp.Diff(want, edited); diff != "" {
			t.Errorf("-want +returned:\n%s", diff)
		}
		if diff := cmp.Diff(want, h.load(acme, d.ID)); diff != "" {
			t.Errorf("-want +stored:\n%s", diff)
		}
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Purpose: new("illness")}))(t) // changes nothing, records nothing
		other := h.name(cover("bob", "ann"))
		must(h.LayDown(t.Context(), as(acme, "bob"), d.ID))(t)
		must(h.Revoke(t.Context(), as(acme, "ann"), other.ID))(t)
		if h.state(d.ID) != delegation.LaidDown || h.state(other.ID) != delegation.Revoked {
			t.Errorf("got %s and %s", h.state(d.ID), h.state(other.ID))
		}
		// Ending again changes nothing, and is no error.
		must(h.Revoke(t.Context(), as(acme, "ann"), other.ID))(t)
		must(h.Revoke(t.Context(), as(acme, "ann"), d.ID))(t)
		must(h.LayDown(t.Context(), as(acme, "bob"), d.ID))(t)
		if h.load(acme, d.ID).EndedHow != delegation.EndedLaidDown {
			t.Error("how it ended was rewritten")
		}
		refused(t, err(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Purpose: new("x")})), standin.Conflict, "delegation.over")
		got := h.records(acme, "delegation:"+string(d.ID))
		records := []record{{"person:ann", "", "delegation.name", ledger.Done, ""}, {"person:ann", "", "delegation.edit", ledger.Done, ""},
			{"person:bob", "", "delegation.lay_down", ledger.Done, ""}}
		if diff := cmp.Diff(records, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		h.explained()
	})
}

// TestA2LostUpdate: a form that was opened before somebody else's change is refused, and nothing of it is written.
func TestA2LostUpdate(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		must(h.Edit(t.Context(), as(acme, "boss"), d.ID, delegation.Change{Version: 1, Purpose: new("theirs")}))(t)
		refused(t, err(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Version: 1, Purpose: new("mine")})),
			standin.Conflict, "delegation.changed")
		h.use(d.ID, "bob") // a first use disturbs nobody's form
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Version: 2, Purpose: new("mine")}))(t)
		if got := h.load(acme, d.ID).Purpose; got != "mine" {
			t.Errorf("got %q", got)
		}
		h.explained()
	})
}

func TestA6EndDateTurnsItOff(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		wish := cover("bob", "ann")
		wish.Start, wish.End = h.Now().Add(day), h.Now().Add(3*day)
		d := h.name(wish)
		for _, c := range []struct {
			at   time.Time
			want delegation.State
		}{{h.Now(), delegation.Upcoming}, {d.StartsAt.Add(-time.Microsecond), delegation.Upcoming}, {d.StartsAt, delegation.Active},
			{d.EndsAt.Add(-time.Microsecond), delegation.Active}, {d.EndsAt, delegation.Expired}, {d.EndsAt.Add(1000 * day), delegation.Expired}} {
			h.Set(c.at)
			v, e := h.Get(t.Context(), as(acme, "bob"), d.ID)
			if e != nil || v.State != c.want {
				t.Errorf("at %v: got %s, %v; want %s", c.at, v.State, e, c.want)
			}
		}
		list, e := h.ListForActor(t.Context(), as(acme, "bob"), "bob", false)
		if e != nil || len(list) != 0 {
			t.Errorf("after its end the stand-in's list shows %v, %v", list, e)
		}
		refused(t, err(h.Renew(t.Context(), as(acme, "ann"), d.ID)), standin.Conflict, "delegation.over")
		if got := len(h.records(acme, "delegation:"+string(d.ID))); got != 1 {
			t.Errorf("the clock wrote %d records", got-1)
		}
		h.explained()
	})
}

func TestA6Renew(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		refused(t, err(h.Renew(t.Context(), as(acme, "ann"), d.ID)), standin.Conflict, "delegation.longest")
		h.Set(d.EndsAt.Add(-time.Hour))
		v, e := h.Get(t.Context(), as(acme, "ann"), d.ID)
		if e != nil || !v.RenewedEnd.Equal(h.Now().Add(90*day)) {
			t.Errorf("the page offers %v, %v", v.RenewedEnd, e)
		}
		renewed, e := h.Renew(t.Context(), as(acme, "ann"), d.ID)
		if e != nil || !renewed.EndsAt.Equal(h.Now().Add(90*day)) {
			t.Errorf("got %v, %v", renewed.EndsAt, e)
		}
		h.Set(d.EndsAt)
		if h.state(d.ID) != delegation.Active {
			t.Error("the renewal did not hold")
		}
		h.explained()
	})
}

// TestA6CapHoldsInEditing: what could not be named cannot be edited into being.
func TestA6CapHoldsInEditing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		over := d.StartsAt.Add(90*day + time.Hour)
		refused(t, err(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &over})), standin.Invalid, "delegation.over_cap")
		edited, e := h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &time.Time{}})
		if e != nil || !edited.EndsAt.Equal(d.EndsAt) {
			t.Errorf("no end gave %v, %v; want the longest", edited.EndsAt, e)
		}
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Max = 7 * day })
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Purpose: new("keeps its old end")}))(t)
		eight := h.Now().Add(8 * day)
		refused(t, err(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &eight})), standin.Invalid, "delegation.over_cap")
	})
}

// TestA6EarlierStartKeepsTheCap: the longest span cannot be exceeded by moving the start forward under an end that stays.
func TestA6EarlierStartKeepsTheCap(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		wish := cover("bob", "ann")
		wish.Start = h.Now().Add(10 * day)
		d := h.name(wish)
		soon := h.Now().Add(time.Hour)
		refused(t, err(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Start: &soon})), standin.Invalid, "delegation.over_cap")
		shorter := soon.Add(90 * day)
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Start: &soon, End: &shorter}))(t)
		later := h.Now().Add(20 * day)
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Start: &later}))(t)
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Max = 7 * day })
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Start: new(later.Add(day))}))(t)
		h.explained()
	})
}

func TestA7Standby(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(standby("bob", "ann"))
		if h.state(d.ID) != delegation.Dormant || !d.EndsAt.IsZero() {
			t.Fatalf("named, it is %s and ends at %v", h.state(d.ID), d.EndsAt)
		}
		refused(t, err(h.Enable(t.Context(), as(acme, "bob"), d.ID, time.Hour)), standin.Denied, "delegation.not_yours")
		refused(t, err(h.Enable(t.Context(), as(acme, "ann"), d.ID, 91*day)), standin.Invalid, "delegation.span_long")
		refused(t, err(h.Enable(t.Context(), as(acme, "ann"), d.ID, time.Second)), standin.Invalid, "delegation.span_short")
		refused(t, err(h.Enable(t.Context(), as(acme, "ann"), d.ID, -time.Hour)), standin.Invalid, "delegation.span_short")
		refused(t, err(h.Disable(t.Context(), as(acme, "ann"), d.ID)), standin.Conflict, "delegation.not_enabled")
		h.Pass(200 * day) // its naming does not expire
		must(h.Enable(t.Context(), as(acme, "ann"), d.ID, 2*day))(t)
		if h.state(d.ID) != delegation.Active {
			t.Fatalf("enabled, it is %s", h.state(d.ID))
		}
		began := h.Now()
		h.Set(began.Add(day))
		must(h.Enable(t.Context(), as(acme, "ann"), d.ID, 3*day))(t) // for longer; what goes on goes on
		if got := h.load(acme, d.ID); !got.EnabledAt.Equal(began) || !got.EnabledUntil.Equal(began.Add(4*day)) {
			t.Errorf("got from %v until %v", got.EnabledAt, got.EnabledUntil)
		}
		h.Set(began.Add(4 * day))
		if h.state(d.ID) != delegation.Dormant {
			t.Errorf("run out, it is %s", h.state(d.ID))
		}
		must(h.Enable(t.Context(), as(acme, "hr"), d.ID, time.Hour))(t)
		h.Pass(time.Minute)
		must(h.Disable(t.Context(), as(acme, "ann"), d.ID))(t)
		if h.state(d.ID) != delegation.Dormant {
			t.Errorf("disabled, it is %s", h.state(d.ID))
		}
		h.explained()
	})
}

// TestA7Alerts: naming, enabling and disabling each alert both people, and nobody else.
func TestA7Alerts(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		kinds := func(who standin.PersonID) (kinds []delegation.AlertKind) {
			alerts, e := h.Alerts(t.Context(), as(acme, who))
			if e != nil {
				t.Fatal(e)
			}
			for _, a := range alerts {
				kinds = append(kinds, a.Kind)
			}
			slices.Sort(kinds)
			return kinds
		}
		d := h.name(standby("bob", "ann"))
		steps := []struct {
			do   func()
			want []delegation.AlertKind
		}{
			{func() {}, []delegation.AlertKind{delegation.AlertNamed}},
			{func() { must(h.Enable(t.Context(), as(acme, "ann"), d.ID, time.Hour))(t) },
				[]delegation.AlertKind{delegation.AlertEnabled, delegation.AlertNamed}},
			{func() { must(h.Disable(t.Context(), as(acme, "ann"), d.ID))(t) },
				[]delegation.AlertKind{delegation.AlertDisabled, delegation.AlertEnabled, delegation.AlertNamed}},
			{func() { h.Pass(8 * day) }, nil},
		}
		for i, step := range steps {
			h.Pass(time.Minute)
			step.do()
			for _, who := range []standin.PersonID{"ann", "bob"} {
				if diff := cmp.Diff(step.want, kinds(who)); diff != "" {
					t.Errorf("step %d, %s: -want +got:\n%s", i, who, diff)
				}
			}
			if got := kinds("cem"); got != nil {
				t.Errorf("step %d: cem is told %v", i, got)
			}
		}
	})
}

func TestA9UsedIsNeverDeleted(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		used, unused := h.name(cover("bob", "ann")), h.name(cover("cem", "ann"))
		h.use(used.ID, "bob")
		h.Pass(time.Hour)
		h.use(used.ID, "bob") // the first use stays the first
		if got := h.load(acme, used.ID); !got.UsedAt.Equal(h.Now().Add(-time.Hour)) || got.Version != used.Version {
			t.Errorf("used at %v, version %d", got.UsedAt, got.Version)
		}
		for _, who := range []standin.Caller{as(acme, "ann"), as(acme, "boss"), operator(acme)} {
			refused(t, h.Delete(t.Context(), who, used.ID), standin.Conflict, "delegation.used")
		}
		must(h.Deactivate(t.Context(), as(acme, "ann"), used.ID))(t)
		if h.state(used.ID) != delegation.Inactive {
			t.Errorf("it is %s", h.state(used.ID))
		}
		if e := h.Delete(t.Context(), as(acme, "ann"), unused.ID); e != nil {
			t.Fatal(e)
		}
		refused(t, err(h.Get(t.Context(), as(acme, "ann"), unused.ID)), standin.NotFound, "delegation.unknown")
		refused(t, h.Delete(t.Context(), as(acme, "ann"), unused.ID), standin.NotFound, "delegation.unknown")
		got := h.records(acme, "delegation:"+string(unused.ID))
		if len(got) < 2 || got[0].Action != "delegation.name" || got[1].Action != "delegation.delete" {
			t.Errorf("the record does not stay: %v", got)
		}
		h.explained()
	})
}

func TestA12Acceptance(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		yes, no := h.name(cover("bob", "ann")), h.name(cover("cem", "ann"))
		if h.state(yes.ID) != delegation.Waiting || yes.AskedOf != "bob" {
			t.Fatalf("named, it is %s and asks %s", h.state(yes.ID), yes.AskedOf)
		}
		for _, who := range []standin.PersonID{"ann", "boss"} {
			refused(t, err(h.Accept(t.Context(), as(acme, who), yes.ID, 0)), standin.Denied, "delegation.not_asked")
		}
		refused(t, err(h.Accept(t.Context(), as(acme, "cem"), yes.ID, 0)), standin.NotFound, "delegation.unknown")
		must(h.Edit(t.Context(), as(acme, "ann"), yes.ID, delegation.Change{Purpose: new("something else")}))(t)
		refused(t, err(h.Accept(t.Context(), as(acme, "bob"), yes.ID, yes.Version)), standin.Conflict, "delegation.changed")
		must(h.Accept(t.Context(), as(acme, "bob"), yes.ID, yes.Version+1))(t)
		refused(t, err(h.Accept(t.Context(), as(acme, "bob"), yes.ID, 0)), standin.Conflict, "delegation.answered")
		refused(t, err(h.Decline(t.Context(), as(acme, "bob"), yes.ID, "")), standin.Conflict, "delegation.answered")
		declined, e := h.Decline(t.Context(), as(acme, "cem"), no.ID, " away myself\n")
		if e != nil || declined.DeclineReason != "away myself" {
			t.Errorf("got %q, %v", declined.DeclineReason, e)
		}
		refused(t, err(h.Accept(t.Context(), as(acme, "cem"), no.ID, 0)), standin.Conflict, "delegation.over")
		if h.state(yes.ID) != delegation.Active || h.state(no.ID) != delegation.Declined {
			t.Errorf("got %s and %s", h.state(yes.ID), h.state(no.ID))
		}
		h.explained()
	})
}

// TestA12WideningAsksAgain: narrowing holds at once and asks nobody; widening waits for a new yes.
func TestA12WideningAsksAgain(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		wish := cover("bob", "ann")
		wish.End = h.Now().Add(10 * day)
		d := h.name(wish)
		must(h.Accept(t.Context(), as(acme, "bob"), d.ID, 0))(t)
		sooner, later := h.Now().Add(5*day), h.Now().Add(20*day)
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &sooner}))(t)
		if h.state(d.ID) != delegation.Active {
			t.Fatalf("narrowed, it is %s", h.state(d.ID))
		}
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{End: &later}))(t)
		if h.state(d.ID) != delegation.Waiting {
			t.Fatalf("widened, it is %s", h.state(d.ID))
		}
		h.Pass(time.Hour)
		must(h.Accept(t.Context(), as(acme, "bob"), d.ID, 0))(t)
		if since, _ := h.load(acme, d.ID).SpanAt(h.Now()); h.state(d.ID) != delegation.Active || !since.Equal(h.Now()) {
			t.Errorf("it is %s since %v: what went on before its widening is over", h.state(d.ID), since)
		}
		h.explained()
	})
}
