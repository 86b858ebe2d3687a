package lists

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// errTried undoes what was only tried.
var errTried = errors.New("lists: only tried")

// trial finds out which rows the use cases refuse, by doing them and undoing it: what holds for one holds for many.
func (l *Lists) trial(ctx context.Context, caller standin.Caller, p *Plan) error {
	p.planned()
	var rows []*Row
	for _, r := range p.order {
		if r.tried {
			rows = append(rows, r)
		}
	}
	for batch := range slices.Chunk(rows, l.atOnce) {
		if err := l.batch(ctx, caller, p, batch, true); err != nil {
			return err
		}
	}
	p.planned()
	return nil
}

// Apply does what the plan says, some hundred rows a transaction, each with its record, and tells progress how many of all
// rows are done with. A row that is refused by now becomes one of the plan's refused rows. Where it fails, what it told is
// done and durable; planning the same list again and applying it does the rest, and nothing twice.
func (l *Lists) Apply(ctx context.Context, caller standin.Caller, p *Plan, progress func(done, total int)) error {
	if caller.Organisation != p.organisation || caller.Actor != p.actor {
		return standin.Refuse(standin.Denied, "list.apply", "list.not_yours", "Somebody else planned this. Send the list yourself.")
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	done := 0
	progress(done, len(p.order))
	for batch := range slices.Chunk(p.order, l.atOnce) {
		if err := l.batch(ctx, caller, p, batch, false); err != nil {
			return err
		}
		done += len(batch)
		progress(done, len(p.order))
	}
	return nil
}

// batch does or tries some rows in one transaction. Where one of them is refused, nothing of them stays, and they are done
// one by one.
func (l *Lists) batch(ctx context.Context, caller standin.Caller, p *Plan, batch []*Row, trial bool) error {
	err := l.together(ctx, caller, p, batch, trial)
	if !isRefusal(err) {
		return err
	}
	for _, r := range batch {
		err := l.together(ctx, caller, p, []*Row{r}, trial)
		if isRefusal(err) {
			if r.note != nil && !trial {
				if noted := r.note(ctx, p.caller(caller, r), err); !isRefusal(noted) {
					return noted
				}
			}
			r.refuse(err)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Lists) together(ctx context.Context, caller standin.Caller, p *Plan, rows []*Row, trial bool) error {
	err := l.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := l.still(ctx, tx, caller, p.Kind); err != nil {
			return err
		}
		for _, r := range rows {
			if err := r.try(ctx, tx, p.caller(caller, r), trial); err != nil {
				return err
			}
		}
		if trial {
			return errTried
		}
		return nil
	})
	if errors.Is(err, errTried) {
		return nil
	}
	if err == nil {
		for _, r := range rows {
			r.Done = true
		}
	}
	return err
}

// caller returns the caller as records of the row name them: the list is in the origin.
func (p *Plan) caller(caller standin.Caller, r *Row) standin.Caller {
	from := "list " + p.Name + ", line " + strconv.Itoa(r.Line)
	if caller.Origin.Agent != "" {
		from += "; " + caller.Origin.Agent
	}
	caller.Origin.Agent = from
	return caller
}

// still refuses who may not send such lists any more: it is asked in every transaction, so that what runs behind ends with
// the power of whoever began it.
func (l *Lists) still(ctx context.Context, tx *db.Tx, caller standin.Caller, kind Kind) error {
	if id := caller.Actor.Key(); id != "" {
		k, err := l.applications.KeyByID(ctx, tx, id)
		switch {
		case db.IsNotFound(err), err == nil && !k.Live(standin.Now(l.now)):
			return stopped()
		case err != nil:
			return err
		}
		caller.May = k.May
	}
	_, _, err := l.scope(ctx, tx, caller, kind)
	if standin.KindOf(err) == standin.Denied || db.IsNotFound(err) {
		return stopped()
	}
	return err
}

func stopped() error {
	return standin.Refuse(standin.Denied, "list.apply", "list.stopped", "Whoever sent this list may not do so any more, so the rest of it is not done.")
}

// isRefusal reports whether the error is about this row, and not about the database or the whole.
func isRefusal(err error) bool {
	if standin.CodeOf(err) == "list.stopped" {
		return false
	}
	switch standin.KindOf(err) {
	case standin.Invalid, standin.NotFound, standin.Conflict, standin.Denied:
		return true
	}
	return false
}

// planned takes refused rows out of what is to be done.
func (p *Plan) planned() {
	p.order = slices.DeleteFunc(p.order, func(r *Row) bool { return r.Outcome == Refuse || r.Outcome == Skip })
}
