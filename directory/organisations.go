package directory

import (
	"context"
	"errors"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/ledger"
)

// PutOrganisation is PutOrganisationIn in a transaction of its own.
func (d *Directory) PutOrganisation(ctx context.Context, caller standin.Caller, o Organisation) (changed bool, err error) {
	err = d.change(ctx, caller, "organisation.change", Organisation{ID: caller.Organisation}.resource(), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.PutOrganisationIn(ctx, tx, caller, o)
		return err
	})
	return changed, err
}

// PutOrganisationIn creates the caller's organisation, which only the operator may, or changes its name and settings,
// which needs standin:settings.manage. Guardrails stay as they are. Where o.Version is not 0 and no longer the
// organisation's, Conflict. changed is false where everything was so already, and then nothing is recorded.
func (d *Directory) PutOrganisationIn(ctx context.Context, tx *db.Tx, caller standin.Caller, o Organisation) (changed bool, err error) {
	now := standin.Now(d.now)
	if o.ID = caller.Organisation; o.ID == standin.Operator {
		return false, standin.Refuse(standin.Invalid, "directory.put_organisation", "directory.organisation_reserved",
			`"{id}" names what the operator does; an organisation needs another id.`).With("id", o.ID).On("id")
	}
	if err := names.ID(string(o.ID)); err != nil {
		return false, err
	}
	if o.Name, err = names.Check(o.Name); err != nil {
		return false, err
	}
	if err := o.Settings.Check(); err != nil {
		return false, err
	}
	if err := d.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
		return false, err
	}
	old, err := d.Organisation(ctx, tx, o.ID)
	if db.IsNotFound(err) && caller.Actor.IsOperator() {
		o.Guardrails, o.CreatedAt, o.Version = "", now, 1
		_, err = tx.Exec(ctx, `INSERT INTO organisations (id, name, settings, guardrails, created_at, version) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(o.ID), o.Name, string(ledger.State(o.Settings)), o.Guardrails, standin.Micros(now), o.Version)
		if err != nil {
			return false, err
		}
		return true, d.record(ctx, tx, caller, now, "organisation.create", o.resource(), nil, o.state())
	}
	if err != nil {
		return false, err
	}
	if err := sameVersion(o.Version, old.Version); err != nil {
		return false, err
	}
	o.Guardrails = old.Guardrails
	return d.saveOrganisation(ctx, tx, caller, "organisation.change", old, o)
}

// PutGuardrails is PutGuardrailsIn in a transaction of its own.
func (d *Directory) PutGuardrails(ctx context.Context, caller standin.Caller, text string, version int64) (changed bool, err error) {
	err = d.change(ctx, caller, "guardrail.change", Organisation{ID: caller.Organisation}.resource(), func(ctx context.Context, tx *db.Tx) error {
		changed, err = d.PutGuardrailsIn(ctx, tx, caller, text, version)
		return err
	})
	return changed, err
}

// PutGuardrailsIn replaces the organisation's guardrails, which needs standin:guardrail.edit. What is not Cedar, or does
// anything but forbid, is refused; so is what drops or changes a guardrail, for that is a matter of two people (THREATS 17):
// see BindGuardrailsIn. The operator's files are not asked.
func (d *Directory) PutGuardrailsIn(ctx context.Context, tx *db.Tx, caller standin.Caller, text string, version int64) (changed bool, err error) {
	return d.BindGuardrailsIn(ctx, tx, caller, text, version, caller.Actor)
}

// BindGuardrailsIn is PutGuardrailsIn for what proposer asked for and the caller, who is somebody else, agrees to.
func (d *Directory) BindGuardrailsIn(ctx context.Context, tx *db.Tx, caller standin.Caller, text string, version int64, proposer standin.Actor) (changed bool, err error) {
	if err := d.Require(ctx, tx, caller, "guardrail", "edit", ""); err != nil {
		return false, err
	}
	next, err := guard.Compile(text)
	if err != nil {
		return false, onField(err, "guardrails")
	}
	old, err := d.Organisation(ctx, tx, caller.Organisation)
	if err != nil {
		return false, err
	}
	if err := sameVersion(version, old.Version); err != nil {
		return false, err
	}
	if proposer == caller.Actor && !caller.Actor.IsOperator() && LoosensGuardrails(old.Guardrails, next) {
		return false, standin.Refuse(standin.Denied, "directory.put_guardrails", "directory.second",
			"This takes away or changes a guardrail, so somebody else must confirm it.").On("guardrails")
	}
	o := old
	o.Guardrails = text
	return d.saveOrganisation(ctx, tx, caller, "guardrail.change", old, o)
}

// LoosensGuardrails reports whether what the text forbids might be forbidden no more under next.
func LoosensGuardrails(text string, next guard.Guardrails) bool {
	was, err := guard.Compile(text)
	return err != nil || !guard.OnlyAdds(was, next)
}

func (d *Directory) saveOrganisation(ctx context.Context, tx *db.Tx, caller standin.Caller, action string, old, o Organisation) (bool, error) {
	if o.CreatedAt, o.Version = old.CreatedAt, old.Version; o == old {
		return false, nil
	}
	o.Version++
	if _, err := tx.Exec(ctx, `UPDATE organisations SET name = $2, settings = $3, guardrails = $4, version = $5 WHERE id = $1`,
		string(o.ID), o.Name, string(ledger.State(o.Settings)), o.Guardrails, o.Version); err != nil {
		return false, err
	}
	return true, d.record(ctx, tx, caller, standin.Now(d.now), action, o.resource(), old.state(), o.state())
}

// sameVersion refuses a change that was made up while looking at another version; 0 was made up without looking.
func sameVersion(seen, now int64) error {
	if seen != 0 && seen != now {
		return standin.Refuse(standin.Conflict, "directory.change", "directory.changed", "Somebody else changed this meanwhile. Look again and try once more.")
	}
	return nil
}

// Organisations returns every organisation's id, for the operator's commands.
func (d *Directory) Organisations(ctx context.Context, tx *db.Tx) (ids []standin.OrganisationID, err error) {
	err = each(ctx, tx, func(row scanner) error {
		var id standin.OrganisationID
		err := row.Scan((*string)(&id))
		ids = append(ids, id)
		return err
	}, `SELECT id FROM organisations ORDER BY created_at, id`)
	return ids, err
}

// each calls do for each row of the query. do must not use the transaction.
func each(ctx context.Context, tx *db.Tx, do func(row scanner) error, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// onField names the input that a refusal is about.
func onField(err error, field string) error {
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		refusal.On(field)
	}
	return err
}
