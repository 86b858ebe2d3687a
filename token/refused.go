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

// mostInHour is how many refusals of one application's are recorded in an hour, of all kinds: one bound for those that name
// somebody and one for those that name nobody, so that whoever knows only its id hides nothing of what is about people.
const mostInHour = 600

// refusals counts what was recorded in the present minute, and in the present hour.
type refusals struct {
	mu           sync.Mutex
	minute, hour time.Time
	count        map[kindOfRefusal]int
	inHour       map[ofApplication]int
	told         map[ofApplication]bool // that the bound of this hour was reached
}

// kindOfRefusal is what is bounded together, so that nobody hides by many refusals of one kind those of another: what an
// application may do that shows its secret is another action than what anybody may do who knows its id, and what is about
// somebody has their name.
type kindOfRefusal struct {
	client standin.ClientID
	action string
	actor  standin.Actor
}

func (k kindOfRefusal) ofApplication() ofApplication {
	return ofApplication{k.client, k.actor.Person() != ""}
}

type ofApplication struct {
	client standin.ClientID
	named  bool // somebody is
}

// room reports whether one more refusal of the kind is to be recorded at now, or in its place that no more are in this hour, which is
// said once.
func (r *refusals) room(kind kindOfRefusal, now time.Time) (more, full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := now.Truncate(time.Minute); r.count == nil || !m.Equal(r.minute) {
		r.minute, r.count = m, map[kindOfRefusal]int{}
	}
	if h := now.Truncate(time.Hour); r.inHour == nil || !h.Equal(r.hour) {
		r.hour, r.inHour, r.told = h, map[ofApplication]int{}, map[ofApplication]bool{}
	}
	r.count[kind]++
	if r.count[kind] > mostRefusals {
		return false, false
	}
	of := kind.ofApplication()
	r.inHour[of]++
	full = r.inHour[of] > mostInHour && !r.told[of]
	if full {
		r.told[of] = true
	}
	return r.inHour[of] <= mostInHour, full
}

// untold takes back that the bound was said to be reached, for that could not be recorded.
func (r *refusals) untold(kind kindOfRefusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.told, kind.ofApplication())
}

func refusalsFull() *standin.Error {
	return standin.Refuse(standin.TooMany, "token.refused", "token.refusals_full", "More was refused to this application in this hour than is written down.")
}

// Refused records that what the application asked for was refused, in a transaction of its own, and returns cause. g says
// whom it was about, perhaps by its id alone; nil where that is not known. What is no refusal (the database is away), what names no
// known application, and more than 60 of one kind in a minute or 600 of one application in an hour are returned unrecorded; that
// the last bound was reached is recorded, once an hour.
func (t *Tokens) Refused(ctx context.Context, client standin.ClientID, g *Grant, action string, cause error, origin standin.Origin) error {
	e, ok := errors.AsType[*standin.Error](cause)
	if !ok || e.Kind == standin.Unavailable || e.Kind == standin.Internal || client == "" {
		return cause
	}
	now := standin.Now(t.now)
	r, err := t.refusal(ctx, client, g, origin)
	if err == nil && r.Actor != "" {
		err = t.recordRefusal(ctx, kindOfRefusal{client, action, r.Actor}, r, now, cause)
	}
	if err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// recordRefusal writes r, as far as there is room for it.
func (t *Tokens) recordRefusal(ctx context.Context, kind kindOfRefusal, r ledger.Record, now time.Time, cause error) error {
	more, full := t.refusals.room(kind, now)
	r.At, r.Action, r.Outcome, r.Reasons = now, kind.action, ledger.Refused, reasons(cause)
	switch {
	case full:
		r = ledger.Record{Organisation: r.Organisation, Actor: standin.SystemActor("token"), Resource: r.Resource, Origin: r.Origin,
			At: now, Action: "client.refusals", Outcome: ledger.Refused, Reasons: reasons(refusalsFull())}
	case !more:
		return nil
	}
	err := t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := t.ledger.Append(ctx, tx, r)
		return err
	})
	if err != nil && full {
		t.refusals.untold(kind)
	}
	return err
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
