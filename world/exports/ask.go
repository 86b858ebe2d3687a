package exports

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// Ask begins an export of what the caller may see and the filter leaves, which Run writes behind. What is recorded after this
// instant is no part of it. Nobody asks while acting: the export would outlive the session.
//
// Errors: Denied "export.not_while_acting", and what directory refuses of reading the record; Invalid "export.form";
// Conflict "export.too_many" where the caller has MostKept, "export.no_room" where the organisation's take too much room.
func (x *Exports) Ask(ctx context.Context, caller standin.Caller, form Form, f ledger.Filter) (e Export, err error) {
	if form, err = FormOf(string(form)); err != nil {
		return Export{}, err
	}
	now := standin.Now(x.now)
	err = x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := own(caller); err != nil {
			return err
		}
		scope, err := x.scope(ctx, tx, caller)
		if err == nil {
			_, err = x.asker(ctx, tx, caller.Organisation, caller.Actor, now)
		}
		if err == nil {
			err = x.room(ctx, tx, caller, now)
		}
		if err != nil {
			return err
		}
		if end := now.Add(time.Microsecond); f.Until.IsZero() || f.Until.After(end) {
			f.Until = end
		}
		e = Export{Organisation: caller.Organisation, ID: standin.NewID("export"), AskedBy: caller.Actor, AskedAt: now, Form: form,
			Filter: filterOf(f).filter(caller.Organisation), ExpiresAt: now.Add(Lasts), scope: scope}
		if e.First, err = x.ledger.First(ctx, tx, caller.Organisation); err != nil {
			return err
		}
		return x.insert(ctx, tx, caller, e)
	})
	if err != nil {
		return Export{}, err
	}
	select {
	case x.asked <- struct{}{}:
	default: // it is known already
	}
	return e, nil
}

func (x *Exports) insert(ctx context.Context, tx *db.Tx, caller standin.Caller, e Export) error {
	first := e.First
	if first.IsZero() {
		first = e.AskedAt
	}
	if _, err := tx.Exec(ctx, `INSERT INTO record_exports (organisation, id, asked_by, asked_at, form, filter, scope, until, records, parts,
			bytes, place_at, place, first_at, ended_at, ended_how, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0, '', $8, CAST(NULL AS BIGINT), '', $9)`,
		string(e.Organisation), e.ID, string(e.AskedBy), standin.Micros(e.AskedAt), string(e.Form), string(ledger.State(filterOf(e.Filter))),
		e.scope, standin.Micros(first), standin.Micros(e.ExpiresAt)); err != nil {
		return err
	}
	r := ledger.By(caller)
	r.At, r.Action, r.Resource, r.After = e.AskedAt, "audit.export", e.resource(), ledger.State(e.state())
	_, err := x.ledger.Append(ctx, tx, r)
	return err
}

// own refuses one who is acting.
func own(caller standin.Caller) error {
	if caller.Acting() {
		return standin.Refuse(standin.Denied, "export.ask", "export.not_while_acting",
			"Nobody exports the record behind while acting for somebody else. Continue as yourself first.")
	}
	return nil
}

// room refuses where too much is kept already.
func (x *Exports) room(ctx context.Context, tx *db.Tx, caller standin.Caller, now time.Time) error {
	var mine, bytes int64
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM record_exports WHERE organisation = $1 AND asked_by = $2 AND expires_at > $3`,
		string(caller.Organisation), string(caller.Actor), standin.Micros(now)).Scan(&mine)
	if err == nil {
		bytes, err = kept(ctx, tx, caller.Organisation)
	}
	switch {
	case err != nil:
		return err
	case mine >= MostKept:
		return standin.Refuse(standin.Conflict, "export.ask", "export.too_many", "You have {most} exports already. Delete one of them first.").With("most", MostKept)
	case bytes >= x.limits.all:
		return standin.Refuse(standin.Conflict, "export.ask", "export.no_room",
			"Your organisation's exports take all the room there is for them. Let somebody delete theirs, or wait until they are over.")
	}
	return nil
}

// kept returns how many bytes the organisation's exports take.
func kept(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (bytes int64, err error) {
	err = tx.QueryRow(ctx, `SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM record_exports WHERE organisation = $1`, string(organisation)).Scan(&bytes)
	return bytes, err
}

// asker returns whoever asked as they are now; Denied where they are inactive, or the key is not live any more or was not
// made for it.
func (x *Exports) asker(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, actor standin.Actor, now time.Time) (standin.Caller, error) {
	caller := standin.Caller{Organisation: organisation, Actor: actor, Principal: actor.Person()}
	switch {
	case actor.IsOperator():
		return caller, nil
	case actor.Person() != "":
		p, err := x.directory.Person(ctx, tx, organisation, actor.Person())
		if err == nil && p.Active() || err != nil && !db.IsNotFound(err) {
			return caller, err
		}
	case actor.Key() != "":
		k, err := x.applications.KeyByID(ctx, tx, actor.Key())
		if err == nil && k.Organisation == organisation && k.Live(now) {
			caller.May = k.May
			return caller, nil
		}
		if err != nil && !db.IsNotFound(err) {
			return caller, err
		}
	}
	return standin.Caller{}, standin.Refuse(standin.Denied, "export.read", "export.gone", "Who asked for this export may not read the record any more.")
}

// still returns whoever asked for the export as they are now; Denied where they do not see any more what they saw then.
func (x *Exports) still(ctx context.Context, tx *db.Tx, e Export, now time.Time) (standin.Caller, error) {
	caller, err := x.asker(ctx, tx, e.Organisation, e.AskedBy, now)
	if err != nil {
		return standin.Caller{}, err
	}
	scope, err := x.scope(ctx, tx, caller)
	if err == nil && !within(e.scope, scope) {
		err = standin.Refuse(standin.Denied, "export.read", "export.narrowed",
			"You see less of the record than when you asked for this export. Ask for another one.")
	}
	return caller, err
}

// List returns the caller's own exports that are kept, the newest first.
func (x *Exports) List(ctx context.Context, caller standin.Caller) (all []Export, err error) {
	err = x.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		all = nil
		if err := own(caller); err != nil {
			return err
		}
		return each(ctx, tx, func(e Export) error { all = append(all, e); return nil },
			`SELECT `+columns+` FROM record_exports WHERE organisation = $1 AND asked_by = $2 AND expires_at > $3 ORDER BY asked_at DESC, id DESC`,
			string(caller.Organisation), string(caller.Actor), standin.Micros(standin.Now(x.now)))
	})
	return all, err
}

// Get returns one of the caller's own exports; NotFound for others'.
func (x *Exports) Get(ctx context.Context, caller standin.Caller, id string) (e Export, err error) {
	err = x.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err = x.mine(ctx, tx, caller, id)
		return err
	})
	return e, err
}

func (x *Exports) mine(ctx context.Context, tx *db.Tx, caller standin.Caller, id string) (Export, error) {
	if err := own(caller); err != nil {
		return Export{}, err
	}
	e, err := read(ctx, tx, caller.Organisation, id)
	if err != nil {
		return Export{}, err
	}
	if e.AskedBy != caller.Actor || !e.ExpiresAt.After(standin.Now(x.now)) {
		return Export{}, unknown()
	}
	return e, nil
}

// Delete stops one of the caller's own exports and deletes what was written.
func (x *Exports) Delete(ctx context.Context, caller standin.Caller, id string) error {
	return x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err := x.mine(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		r := ledger.By(caller)
		r.At, r.Action = standin.Now(x.now), "audit.export_delete"
		return x.remove(ctx, tx, e, r)
	})
}

// remove deletes the export, with the record.
func (x *Exports) remove(ctx context.Context, tx *db.Tx, e Export, r ledger.Record) error {
	if _, err := tx.Exec(ctx, `DELETE FROM record_export_parts WHERE organisation = $1 AND export = $2`, string(e.Organisation), e.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM record_exports WHERE organisation = $1 AND id = $2`, string(e.Organisation), e.ID); err != nil {
		return err
	}
	r.Resource, r.Before = e.resource(), ledger.State(e.state())
	_, err := x.ledger.Append(ctx, tx, r)
	return err
}
