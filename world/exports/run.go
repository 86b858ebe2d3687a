package exports

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

const (
	lease = time.Minute     // how long an export waits for a program that was stopped in its midst
	poll  = 5 * time.Second // how often exports are looked for that were asked of another program
)

// Run writes what is asked for, a few seconds of one and then of the next, and deletes what is over, until ctx ends; then it
// returns nil. Any number of programs may run on one database.
func (x *Exports) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		did, err := x.Step(ctx)
		if err == nil && !did {
			did, err = x.expire(ctx)
		}
		if err != nil && ctx.Err() == nil {
			x.log.Warn("an export of the record has to wait", "error", err)
		}
		if did && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-x.asked:
		case <-time.After(poll):
		}
	}
	return nil
}

// Step writes some parts of one export, if one waits that nobody else writes.
func (x *Exports) Step(ctx context.Context) (did bool, err error) {
	e, err := x.take(ctx)
	if err != nil || e.ID == "" {
		return false, err
	}
	for begun := time.Now(); e.Running() && time.Since(begun) < x.limits.turn; {
		if e, err = x.part(ctx, e); err != nil {
			break
		}
	}
	switch {
	case ctx.Err() != nil || standin.KindOf(err) == standin.Unavailable:
		return false, err // the lease runs out, and it goes on where it was
	case standin.KindOf(err) == standin.Denied:
		return true, x.end(ctx, e, Stopped)
	case standin.CodeOf(err) == "export.too_large":
		return true, x.end(ctx, e, TooLarge)
	case err != nil:
		x.log.Error("an export of the record failed", "organisation", e.Organisation, "export", e.ID, "error", err)
		return true, x.end(ctx, e, Failed)
	}
	return true, x.leave(ctx, e)
}

// take takes the export that waits longest for somebody to write it.
func (x *Exports) take(ctx context.Context) (e Export, err error) {
	now := standin.Now(x.now)
	find := func(ctx context.Context, tx *db.Tx) error {
		e, err = scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM record_exports WHERE ended_at IS NULL AND until <= $1
			ORDER BY until, asked_at, id LIMIT 1`, standin.Micros(now)))
		if db.IsNotFound(err) {
			e, err = Export{}, nil
		}
		return err
	}
	if err := x.db.View(ctx, find); err != nil || e.ID == "" {
		return Export{}, err
	}
	err = x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := find(ctx, tx); err != nil || e.ID == "" {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE record_exports SET until = $3 WHERE organisation = $1 AND id = $2`, string(e.Organisation), e.ID,
			standin.Micros(now.Add(lease)))
		return err
	})
	return e, err
}

// leave lets others go on with the export at once.
func (x *Exports) leave(ctx context.Context, e Export) error {
	if !e.Running() {
		return nil
	}
	return x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE record_exports SET until = $4 WHERE organisation = $1 AND id = $2 AND parts = $3`, string(e.Organisation), e.ID,
			e.parts, standin.Micros(standin.Now(x.now)))
		return err
	})
}

// part reads on until there is enough for a part and writes it, with the place that was reached, in one transaction; so that
// after a stop at any instant there is a whole number of parts, and nothing twice.
func (x *Exports) part(ctx context.Context, e Export) (Export, error) {
	var text bytes.Buffer
	out, err := further(e.Form, &text)
	if e.parts == 0 {
		text.Reset()
		out, err = NewLines(e.Form, &text)
	}
	if err != nil {
		return e, err
	}
	next := e
	for over := false; !over && text.Len() < x.limits.part; {
		caller, _, err := x.reader(ctx, next)
		if err != nil {
			return e, err
		}
		records, place, err := x.directory.Audit(ctx, caller, e.Filter, next.place, x.limits.atOnce)
		if err == nil {
			_, next.scope, err = x.reader(ctx, next) // who sees more by now was read more
		}
		if err != nil {
			return e, err
		}
		for _, r := range records {
			if err := out.Write(r); err != nil {
				return e, err
			}
		}
		next.Records += int64(len(records))
		if over = place == (ledger.Cursor{}); over {
			next.How, next.EndedAt = Done, standin.Now(x.now)
		} else {
			next.place, next.Reached = place, place.At
		}
		if err := out.Close(); err != nil {
			return e, err
		}
		if len(records) == 0 {
			break // much was looked at; let it be seen how far it came
		}
	}
	return x.keep(ctx, e, next, text.Bytes())
}

// reader returns whoever asked, who must see what they saw then, and what they see now.
func (x *Exports) reader(ctx context.Context, e Export) (caller standin.Caller, scope string, err error) {
	err = x.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		if caller, err = x.still(ctx, tx, e, standin.Now(x.now)); err == nil {
			scope, err = x.scope(ctx, tx, caller)
		}
		return err
	})
	return caller, scope, err
}

// keep writes a part and how far the export came by it. Another program may have been quicker: then nothing is written, and
// what it wrote is the export.
func (x *Exports) keep(ctx context.Context, e, next Export, text []byte) (Export, error) {
	content, err := pack(text)
	if err != nil {
		return e, err
	}
	if len(text) > 0 {
		next.parts++
		next.Bytes += int64(len(content))
	}
	err = x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := read(ctx, tx, e.Organisation, e.ID)
		if standin.KindOf(err) == standin.NotFound {
			next.EndedAt = standin.Now(x.now) // deleted meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		if now.parts != e.parts || now.place.ID != e.place.ID || !now.Running() {
			next = now
			return nil
		}
		if err := x.fits(ctx, tx, next, int64(len(content))); err != nil {
			return err
		}
		if len(text) > 0 {
			if _, err := tx.Exec(ctx, `INSERT INTO record_export_parts (organisation, export, number, content) VALUES ($1, $2, $3, $4)`,
				string(e.Organisation), e.ID, e.parts, content); err != nil {
				return err
			}
		}
		return x.advance(ctx, tx, next)
	})
	if err != nil {
		return e, err
	}
	return next, nil
}

// advance writes how far the export came, and its record where it is done.
func (x *Exports) advance(ctx context.Context, tx *db.Tx, e Export) error {
	at := int64(0)
	if e.place.ID != "" {
		at = standin.Micros(e.place.At)
	}
	if _, err := tx.Exec(ctx, `UPDATE record_exports SET until = $3, records = $4, parts = $5, bytes = $6, place_at = $7, place = $8, scope = $9
		WHERE organisation = $1 AND id = $2`, string(e.Organisation), e.ID, standin.Micros(standin.Now(x.now).Add(lease)), e.Records, e.parts,
		e.Bytes, at, string(e.place.ID), e.scope); err != nil || e.Running() {
		return err
	}
	return x.ended(ctx, tx, e)
}

// fits refuses what would take more room than there is.
func (x *Exports) fits(ctx context.Context, tx *db.Tx, e Export, more int64) error {
	all, err := kept(ctx, tx, e.Organisation)
	if err != nil {
		return err
	}
	if e.Bytes > x.limits.one || all+more > x.limits.all {
		return standin.Refuse(standin.Conflict, "export.run", "export.too_large", "This is more than one export may be. Narrow it by time, and export in several.")
	}
	return nil
}

// end ends an export that cannot be done, and deletes what was written of it.
func (x *Exports) end(ctx context.Context, e Export, how string) error {
	return x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := read(ctx, tx, e.Organisation, e.ID)
		if standin.KindOf(err) == standin.NotFound {
			return nil
		}
		if err != nil || !now.Running() {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM record_export_parts WHERE organisation = $1 AND export = $2`, string(e.Organisation), e.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE record_exports SET parts = 0, bytes = 0 WHERE organisation = $1 AND id = $2`, string(e.Organisation), e.ID); err != nil {
			return err
		}
		now.How, now.EndedAt = how, standin.Now(x.now)
		return x.ended(ctx, tx, now)
	})
}

// ended writes how the export ended, with its record.
func (x *Exports) ended(ctx context.Context, tx *db.Tx, e Export) error {
	if _, err := tx.Exec(ctx, `UPDATE record_exports SET ended_at = $3, ended_how = $4 WHERE organisation = $1 AND id = $2`, string(e.Organisation), e.ID,
		standin.Micros(e.EndedAt), e.How); err != nil {
		return err
	}
	r := ledger.Record{Organisation: e.Organisation, Actor: standin.SystemActor("export"), At: e.EndedAt, Action: "audit.exported", Resource: e.resource(),
		After: ledger.State(e.state())}
	if e.How != Done {
		r.Reasons = []string{"export." + e.How}
	}
	_, err := x.ledger.Append(ctx, tx, r)
	return err
}

// expire deletes one export that was kept long enough.
func (x *Exports) expire(ctx context.Context) (did bool, err error) {
	now := standin.Now(x.now)
	var e Export
	find := func(ctx context.Context, tx *db.Tx) error {
		e, err = scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM record_exports WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT 1`, standin.Micros(now)))
		if db.IsNotFound(err) {
			e, err = Export{}, nil
		}
		return err
	}
	if err := x.db.View(ctx, find); err != nil || e.ID == "" {
		return false, err
	}
	return true, x.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := find(ctx, tx); err != nil || e.ID == "" {
			return err
		}
		return x.remove(ctx, tx, e, ledger.Record{Organisation: e.Organisation, Actor: standin.SystemActor("export"), At: now, Action: "audit.export_expire"})
	})
}

func pack(text []byte) (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
