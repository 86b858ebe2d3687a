package delegation_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// planned applies the spec, and fails unless the plan foretold exactly that.
func (h *house) planned(spec delegation.Spec) (delegation.Put, error) {
	h.T.Helper()
	var put, plan delegation.Put
	var refusal error
	h.View(func(ctx context.Context, tx *db.Tx) error {
		f := delegation.Facts{Longest: 90 * day, Now: h.Now(), HasUnit: func(u standin.UnitID) bool { return u == "sales" || u == "finance" }}
		var err error
		if f.Catalogues, err = application.New(h.DB, h.Ledger, h.Now).Catalogues(ctx, tx, acme); err != nil {
			return err
		}
		f.Active = func(id standin.PersonID) (bool, bool) {
			person, err := h.Directory.Person(ctx, tx, acme, id)
			return err == nil, person.Active()
		}
		page, _, err := h.Ledger.Page(ctx, tx, ledger.Filter{Organisation: acme, Action: "delegation.delete",
			Resource: "delegation:" + string(spec.ID)}, ledger.Cursor{}, 1)
		f.Deleted = len(page) > 0
		var before *delegation.Delegation
		if d, e := h.Load(ctx, tx, acme, spec.ID); e == nil {
			before = &d
		}
		plan, refusal = delegation.Plan(before, spec, operator(acme), f)
		return err
	})
	e := h.DB.Update(h.T.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		put, err = h.PutIn(ctx, tx, operator(acme), spec)
		return err
	})
	if standin.CodeOf(e) != standin.CodeOf(refusal) {
		h.T.Errorf("%+v: planned %v, came to %v", spec, refusal, e)
	}
	if e == nil {
		told := cmpopts.IgnoreFields(delegation.Delegation{}, "Version", "ChangedAt", "Applied", "ResumedAt", "EditedAt", "EditedBy", "EditedHow")
		if diff := cmp.Diff(plan, put, told); diff != "" || plan.Changed() != put.Changed() {
			h.T.Errorf("%+v: changed %v and %v; -planned +done:\n%s", spec, plan.Changed(), put.Changed(), diff)
		}
	}
	return put, e
}

func TestPutCreatesAndStays(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		past := h.Now().Add(-400 * day)
		for _, spec := range []delegation.Spec{
			{ID: "d-plain", Actor: "bob", Principal: "ann"},
			{ID: "d-over", Actor: "bob", Principal: "ann", Start: past, End: past.Add(day), Purpose: "long ago"},
			{ID: "d-standby", Actor: "cem", Principal: "ann", Kind: delegation.Standby, EnabledFor: 2 * time.Hour},
			{ID: "d-entry", Actor: "cem", Principal: "ann", Kind: delegation.Entry, Limits: rights.Limits{Allow: []string{"desk:expense.enter"}}},
		} {
			put, e := h.planned(spec)
			if e != nil || put.Before != nil || put.After.CreatedBy != "operator:test" {
				t.Fatalf("%s: got %+v, %v", spec.ID, put, e)
			}
			h.Pass(time.Hour)
			if put, e = h.planned(spec); e != nil || put.Changed() || len(put.Kept) != 0 {
				t.Errorf("%s, again: got %+v, %v", spec.ID, put, e)
			}
			if got := len(h.records(acme, "delegation:"+string(spec.ID))); got != 1 {
				t.Errorf("%s has %d records", spec.ID, got)
			}
		}
		h.explained()
	})
}

func TestPutRefuses(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.put(delegation.Spec{ID: "d-1", Actor: "bob", Principal: "ann"})
		if e := h.Directory.Deactivate(t.Context(), operator(acme), "fin"); e != nil {
			t.Fatal(e)
		}
		units := make([]standin.UnitID, 201)
		for _, c := range []struct {
			spec delegation.Spec
			code string
		}{
			{delegation.Spec{ID: "d 2", Actor: "bob", Principal: "ann"}, "delegation.bad_id"},
			{delegation.Spec{ID: "", Actor: "bob", Principal: "ann"}, "delegation.bad_id"},
			{delegation.Spec{ID: "d-2", Actor: "ann", Principal: "ann"}, "delegation.self"},
			{delegation.Spec{ID: "d-2", Actor: "nobody", Principal: "ann"}, "delegation.person_unknown"},
			{delegation.Spec{ID: "d-2", Actor: "rita", Principal: "ann"}, "delegation.person_unknown"},
			{delegation.Spec{ID: "d-2", Actor: "fin", Principal: "ann"}, "delegation.inactive_person"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Kind: "agent"}, "delegation.kind"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", EnabledFor: time.Hour}, "delegation.enabled_for"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Kind: delegation.Standby, EnabledFor: 91 * day}, "delegation.span_long"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Kind: delegation.Standby, EnabledFor: -day}, "delegation.span_short"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", End: h.Now().Add(91 * day)}, "delegation.over_cap"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Start: h.Now(), End: h.Now()}, "delegation.end_before_start"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Purpose: "\u202e"}, "delegation.unreadable"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Limits: rights.Limits{Units: units}}, "delegation.too_many_limits"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Limits: rights.Limits{Units: units[:1]}}, "delegation.unit_unknown"},
			{delegation.Spec{ID: "d-2", Actor: "bob", Principal: "ann", Kind: delegation.Entry}, "delegation.entry_nothing"},
			{delegation.Spec{ID: "d-1", Actor: "cem", Principal: "ann"}, "delegation.other"},
			{delegation.Spec{ID: "d-1", Actor: "bob", Principal: "cem"}, "delegation.other"},
			{delegation.Spec{ID: "d-1", Actor: "bob", Principal: "ann", Kind: delegation.Standby}, "delegation.other"},
		} {
			if _, e := h.planned(c.spec); standin.CodeOf(e) != c.code {
				t.Errorf("%+v: got %v, want %s", c.spec, e, c.code)
			}
		}
		if got := len(h.everything()); got != 1 {
			t.Errorf("there are %d delegations", got)
		}
	})
}

// TestPutNeitherRevivesNorWidens what somebody ended or narrowed by hand; what nobody touched follows the file.
func TestPutNeitherRevivesNorWidens(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		end := h.Now().Add(30 * day)
		spec := delegation.Spec{ID: "d-1", Actor: "bob", Principal: "ann", Start: h.Now(), End: end, Purpose: "leave"}
		h.put(spec)
		spec.End, spec.Purpose = end.Add(10*day), "longer leave"
		if put, e := h.planned(spec); e != nil || !put.After.EndsAt.Equal(spec.End) || put.After.Purpose != "longer leave" {
			t.Errorf("untouched, it does not follow the file: %+v, %v", put.After, e)
		}
		h.Pass(time.Hour)
		narrow := h.Now().Add(5 * day)
		must(h.Edit(t.Context(), as(acme, "ann"), "d-1", delegation.Change{End: &narrow, Limits: &rights.Limits{ReadOnly: true}}))(t)
		if put, e := h.planned(spec); e != nil || put.Changed() {
			t.Errorf("the same file again: %+v, %v", put, e)
		}
		spec.End, spec.Limits = end.Add(20*day), rights.Limits{Deny: []string{"desk:expense.view"}}
		put, e := h.planned(spec)
		if e != nil || !put.After.EndsAt.Equal(narrow) || !put.After.Limits.ReadOnly || !cmp.Equal(put.Kept, []string{"end", "limits"}) {
			t.Errorf("it widens what was narrowed by hand: %+v, %v", put, e)
		}
		spec.End = narrow.Add(-day)
		if put, e = h.planned(spec); e != nil || !put.After.EndsAt.Equal(spec.End) {
			t.Errorf("it does not narrow: %+v, %v", put.After, e)
		}
		must(h.Revoke(t.Context(), as(acme, "ann"), "d-1"))(t)
		spec.End = end
		if put, e = h.planned(spec); e != nil || h.state("d-1") != delegation.Revoked || !cmp.Equal(put.Kept, []string{"ended"}) {
			t.Errorf("it is %s: %+v, %v", h.state("d-1"), put, e)
		}
		h.explained()
	})
}
