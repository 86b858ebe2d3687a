package world

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// What a file would widen is compared with the record: where somebody other than the operator changed the same field by
// hand, it stays as they left it.

// eachRecord hands over records, newest first, until do returns false.
func (p *planner) eachRecord(filter ledger.Filter, do func(ledger.Record) bool) error {
	var after ledger.Cursor
	for {
		records, next, err := p.ledger.Page(p.ctx, p.tx, filter, after, 200)
		if err != nil {
			return err
		}
		for _, r := range records {
			if !do(r) {
				return nil
			}
		}
		if next == (ledger.Cursor{}) {
			return nil
		}
		after = next
	}
}

// touched reports whether somebody other than the operator changed the field of the resource, named by its path in the
// states that records hold.
func (p *planner) touched(f *facts, resource string, path ...string) (touched bool, err error) {
	err = p.eachRecord(ledger.Filter{Organisation: f.id, Resource: resource, Outcome: ledger.Done}, func(r ledger.Record) bool {
		if !r.Actor.IsOperator() && r.Before != nil && r.After != nil {
			touched = string(valueAt(r.Before, path)) != string(valueAt(r.After, path))
		}
		return !touched
	})
	return touched, err
}

// valueAt returns the value at the path, nil where there is none.
func valueAt(state json.RawMessage, path []string) json.RawMessage {
	for _, name := range path {
		var fields map[string]json.RawMessage
		if json.Unmarshal(state, &fields) != nil {
			return nil
		}
		state = fields[name]
	}
	return state
}

// keepSettings returns the wanted settings without what would undo by hand made narrowings.
func (p *planner) keepSettings(f *facts, want directory.Settings) (directory.Settings, error) {
	is := f.is.Settings
	unlimited := func(d time.Duration) time.Duration {
		if d == 0 {
			return 1<<63 - 1
		}
		return d
	}
	for _, s := range []struct {
		path   []string
		widens bool
		keep   func()
	}{
		{[]string{"acting", "default"}, want.Acting.Default > is.Acting.Default, func() { want.Acting.Default = is.Acting.Default }},
		{[]string{"acting", "max"}, want.Acting.Max > is.Acting.Max, func() { want.Acting.Max = is.Acting.Max }},
		{[]string{"delegation", "max"}, unlimited(want.Delegation.Max) > unlimited(is.Delegation.Max),
			func() { want.Delegation.Max = is.Delegation.Max }},
		{[]string{"delegation", "accept"}, is.Delegation.Accept && !want.Delegation.Accept, func() { want.Delegation.Accept = true }},
		{[]string{"impersonation", "super_admins_only"}, is.Impersonation.SuperAdminsOnly && !want.Impersonation.SuperAdminsOnly,
			func() { want.Impersonation.SuperAdminsOnly = true }},
		{[]string{"impersonation", "notify_changes"}, is.Impersonation.NotifyChanges && !want.Impersonation.NotifyChanges,
			func() { want.Impersonation.NotifyChanges = true }},
		{[]string{"decisions", "record_own"}, is.Decisions.RecordOwn && !want.Decisions.RecordOwn, func() { want.Decisions.RecordOwn = true }},
	} {
		if !s.widens {
			continue
		}
		touched, err := p.touched(f, "organisation:"+string(f.id), append([]string{"settings"}, s.path...)...)
		if err != nil {
			return want, err
		}
		if touched {
			s.keep()
			p.kept(f, "organisation", string(f.id), "settings."+s.path[0]+"."+s.path[1])
		}
	}
	return want, nil
}

// keepRole returns the wanted role without a higher rank or permissions that somebody took from it.
func (p *planner) keepRole(f *facts, is, want rights.Role) (rights.Role, error) {
	if want.Rank > is.Rank {
		touched, err := p.touched(f, "role:"+string(is.ID), "rank")
		if err != nil {
			return want, err
		}
		if touched {
			want.Rank = is.Rank
			p.kept(f, "role", string(is.ID), "rank")
		}
	}
	if len(want.Allow) == 0 || len(is.Allow) > 0 && !rights.Widens(rights.Limits{Allow: is.Allow}, rights.Limits{Allow: want.Allow}) {
		return want, nil
	}
	touched, err := p.touched(f, "role:"+string(is.ID), "allow")
	if err != nil {
		return want, err
	}
	if touched {
		want.Allow = is.Allow
		p.kept(f, "role", string(is.ID), "allow")
	}
	return want, nil
}

// keepUnit leaves a person in the unit into which somebody moved them, for what they may do goes with it.
func (p *planner) keepUnit(f *facts, is directory.Person) error {
	will := f.people[is.ID]
	if will.Unit == is.Unit {
		return nil
	}
	touched, err := p.touched(f, "person:"+string(is.ID), "unit")
	if touched {
		will.Unit = is.Unit
		f.people[is.ID] = will
		p.kept(f, "person", string(is.ID), "unit")
	}
	return err
}

// keepSecret reports whether somebody gave a client or key another secret by hand: the one that the file has is out of use
// since, perhaps because strangers know it, and does not come back.
func (p *planner) keepSecret(f *facts, kind, shown, id string) (bool, error) {
	touched, err := p.touched(f, kind+":"+id, "fingerprint")
	if touched {
		p.kept(f, shown, id, "secret")
	}
	return touched, err
}

// keyRotated returns the secret that the file gives a key which is there, "" where it has that already or keeps another.
func (p *planner) keyRotated(f *facts, k *Key, holder standin.KeyID) (string, error) {
	if k.Secret == "" || holder != "" {
		return "", nil
	}
	keep, err := p.keepSecret(f, "key", "API key", string(k.ID))
	if keep || err != nil {
		return "", err
	}
	return k.Secret, nil
}

// keepMay returns the wanted entitlements of a key without what would undo by hand made narrowings.
func (p *planner) keepMay(f *facts, is application.Key, want []string) ([]string, error) {
	if !slices.ContainsFunc(want, func(what string) bool { return !application.Covers(is.May, what) }) {
		return want, nil
	}
	touched, err := p.touched(f, "key:"+string(is.ID), "may")
	if touched {
		p.kept(f, "API key", string(is.ID), "may")
		return is.May, err
	}
	return want, err
}
