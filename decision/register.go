package decision

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// Register registers records of applications, or changes what is said of them, all or none, and returns how many were new
// or changed; each has a record. It takes an API key made for "decide", or the operator, or standin:settings.manage for
// the whole organisation; at most 1000 at once.
func (d *Decisions) Register(ctx context.Context, caller standin.Caller, list []Item) (changed int, err error) {
	if err := few(len(list)); err != nil {
		return 0, err
	}
	now := standin.Micros(standin.Now(d.now))
	err = d.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		changed = 0
		if err := d.mayRegister(ctx, tx, caller); err != nil {
			return err
		}
		catalogues, err := d.applications.Catalogues(ctx, tx, caller.Organisation)
		if err != nil {
			return err
		}
		wanted := make([]itemState, len(list))
		for i, item := range list {
			if wanted[i], err = stateOf(item, catalogues); err != nil {
				return err
			}
		}
		before, err := d.registered(ctx, tx, caller.Organisation, names(list))
		if err != nil {
			return err
		}
		var records []ledger.Record
		for _, s := range wanted {
			was, known := before[s.name()]
			if known && was.same(s) {
				continue
			}
			s.CreatedAt, s.ChangedAt, s.Version = now, now, 1
			r := d.registration(caller, "resource.create", s.name(), now)
			if known {
				s.CreatedAt, s.Version = was.CreatedAt, was.Version+1
				r.Action, r.Before = "resource.change", ledger.State(was)
			}
			if err := putItem(ctx, tx, caller.Organisation, s); err != nil {
				return err
			}
			before[s.name()] = s
			r.After = ledger.State(s)
			records = append(records, r)
		}
		changed = len(records)
		_, err = d.ledger.AppendAll(ctx, tx, records)
		return err
	})
	return changed, err
}

// Unregister removes registered records, and returns how many there were. It takes what Register takes.
func (d *Decisions) Unregister(ctx context.Context, caller standin.Caller, list []ItemName) (removed int, err error) {
	if err := few(len(list)); err != nil {
		return 0, err
	}
	now := standin.Micros(standin.Now(d.now))
	err = d.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		removed = 0
		if err := d.mayRegister(ctx, tx, caller); err != nil {
			return err
		}
		before, err := d.registered(ctx, tx, caller.Organisation, list)
		if err != nil {
			return err
		}
		var records []ledger.Record
		for _, name := range list {
			was, known := before[name]
			if !known {
				continue
			}
			delete(before, name)
			if _, err := tx.Exec(ctx, `DELETE FROM resources WHERE organisation = $1 AND application = $2 AND type = $3 AND id = $4`,
				string(caller.Organisation), string(name.Application), name.Type, name.ID); err != nil {
				return err
			}
			r := d.registration(caller, "resource.delete", name, now)
			r.Before = ledger.State(was)
			records = append(records, r)
		}
		removed = len(records)
		_, err = d.ledger.AppendAll(ctx, tx, records)
		return err
	})
	return removed, err
}

// Registered returns registered records of one type, in the order of the database, a page at a time; next is what after
// wants for the following page, "" on the last. It takes what Register takes.
func (d *Decisions) Registered(ctx context.Context, caller standin.Caller, application standin.ApplicationID, typ, after string, limit int) (list []Item, next string, err error) {
	limit = pageOf(limit)
	err = d.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, next = nil, ""
		if err := d.mayRegister(ctx, tx, caller); err != nil {
			return err
		}
		rows, err := itemsAfter(ctx, tx, caller.Organisation, application, typ, after, limit+1)
		if len(rows) > limit {
			rows = rows[:limit]
			next = rows[limit-1].ID
		}
		for _, row := range rows {
			item, err := row.item()
			if err != nil {
				return err
			}
			list = append(list, item)
		}
		return err
	})
	return list, next, err
}

// longestPage bounds the pages of lists and searches.
const longestPage = 200

func pageOf(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, longestPage)
}

func few(n int) error {
	if n <= mostAtOnce {
		return nil
	}
	return standin.Refuse(standin.Invalid, "decision.register", "decision.too_many_items",
		"At most {most} records can be registered or removed at once.").With("most", mostAtOnce)
}

func (d *Decisions) mayRegister(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
	if caller.Entitled("decide") {
		return nil
	}
	return d.directory.Require(ctx, tx, caller, "settings", "manage", "")
}

func (d *Decisions) registration(caller standin.Caller, action string, name ItemName, at int64) ledger.Record {
	r := ledger.By(caller)
	r.At, r.Action, r.Resource = standin.Instant(at), action, name.resource()
	return r
}

func names(list []Item) []ItemName {
	all := make([]ItemName, len(list))
	for i, item := range list {
		all[i] = item.ItemName
	}
	return all
}

// registered returns those of the records that are registered.
func (d *Decisions) registered(ctx context.Context, tx *db.Tx, org standin.OrganisationID, list []ItemName) (map[ItemName]itemState, error) {
	type kind struct {
		application standin.ApplicationID
		typ         string
	}
	ids := map[kind][]string{}
	for _, n := range list {
		k := kind{n.Application, n.Type}
		ids[k] = append(ids[k], n.ID)
	}
	found := map[ItemName]itemState{}
	for k, of := range ids {
		rows, err := itemsNamed(ctx, tx, org, k.application, k.typ, of)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			found[row.name()] = row
		}
	}
	return found, nil
}
