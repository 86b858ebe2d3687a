package token

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// mostRefusals is how many refusals of one application's, of one kind and about one person, are recorded in a minute: whoever
// knows its id could fill the record otherwise. Those that end something are recorded with that, always.
const mostRefusals = 60

// refusals counts what was recorded in the present minute.
type refusals struct {
	mu     sync.Mutex
	minute time.Time
	count  map[kindOfRefusal]int
}

// kindOfRefusal is what is bounded together, so that nobody hides by many refusals of one kind those of another: what an
// application may do that shows its secret is another action than what anybody may do who knows its id, and what is about
// somebody has their name.
type kindOfRefusal struct {
	client standin.ClientID
	action string
	actor  standin.Actor
}

// room reports whether one more refusal of the kind is to be recorded at now.
func (r *refusals) room(kind kindOfRefusal, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := now.Truncate(time.Minute); r.count == nil || !m.Equal(r.minute) {
		r.minute, r.count = m, map[kindOfRefusal]int{}
	}
	r.count[kind]++
	return r.count[kind] <= mostRefusals
}

// Refused records that what the application asked for was refused, in a transaction of its own, and returns cause. g says
// whom it was about, perhaps by its id alone; nil where that is not known. What is no refusal (the database is away), what names no
// known application, and more than 60 of one kind in a minute are returned unrecorded.
func (t *Tokens) Refused(ctx context.Context, client standin.ClientID, g *Grant, action string, cause error, origin standin.Origin) error {
	e, ok := errors.AsType[*standin.Error](cause)
	if !ok || e.Kind == standin.Unavailable || e.Kind == standin.Internal || client == "" {
		return cause
	}
	now := standin.Now(t.now)
	r, err := t.refusal(ctx, client, g, origin)
	if err == nil && r.Actor != "" && t.refusals.room(kindOfRefusal{client, action, r.Actor}, now) {
		r.At, r.Action, r.Outcome, r.Reasons = now, action, ledger.Refused, reasons(cause)
		err = t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := t.ledger.Append(ctx, tx, r)
			return err
		})
	}
	if err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// refusal returns the record that something was refused, with whom it was about and the application; one without an actor
// where there is no such application.
func (t *Tokens) refusal(ctx context.Context, client standin.ClientID, g *Grant, origin standin.Origin) (r ledger.Record, err error) {
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, err := t.applications.Client(ctx, tx, client)
		if standin.KindOf(err) == standin.NotFound {
			r = ledger.Record{}
			return nil
		}
		if err != nil {
			return err
		}
		r = ledger.Record{Organisation: c.Organisation, Actor: standin.SystemActor("token"), Origin: origin}
		if about, err := t.about(ctx, tx, g, c.Organisation); err != nil {
			return err
		} else if about.Actor != "" {
			r = ledger.By(about.caller(origin))
		}
		r.Resource = "client:" + string(client)
		return nil
	})
	return r, err
}

// about returns whom a refusal was about: the grant, of which perhaps only the id is known. Nobody where that is not of the
// organisation.
func (t *Tokens) about(ctx context.Context, tx *db.Tx, g *Grant, org standin.OrganisationID) (Grant, error) {
	if g == nil || g.Organisation != org {
		return Grant{}, nil
	}
	if g.Actor != "" || g.ID == "" {
		return *g, nil
	}
	known, err := t.Load(ctx, tx, org, g.ID)
	if db.IsNotFound(err) {
		return Grant{}, nil
	}
	return known, err
}

// reasons are the codes of the refusal and of what caused it, the outermost first.
func reasons(err error) (codes []string) {
	for len(codes) < 4 {
		e, ok := errors.AsType[*standin.Error](err)
		if !ok {
			break
		}
		codes = append(codes, e.Code)
		err = e.Err
	}
	return codes
}
