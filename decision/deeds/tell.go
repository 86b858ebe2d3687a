package deeds

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

const op = "deeds.tell"

// Most is how many deeds can be told at once.
const Most = 200

// Deeds records what applications tell. It is safe for concurrent use.
type Deeds struct {
	db           *db.DB
	ledger       *ledger.Ledger
	directory    *directory.Directory
	applications *application.Applications
	acting       *acting.Acting
	now          func() time.Time
	swept        atomic.Int64 // when old ids were last forgotten, in microseconds
}

// New returns the deeds in d.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, apps *application.Applications, act *acting.Acting, now func() time.Time) *Deeds {
	return &Deeds{db: d, ledger: l, directory: dir, applications: apps, acting: act, now: now}
}

// Tell records what was done, in the order given, and returns a receipt for each: all that are accepted are durable with
// their records when it returns nil, those that were told before have the record that they had. One that is refused keeps no other
// from being recorded. It takes an API key made for "record"; one made for one application's ("record:desk") tells of that alone.
func (d *Deeds) Tell(ctx context.Context, caller standin.Caller, list []Deed) (receipts []Receipt, err error) {
	if !caller.EntitledSomewhere("record") {
		return nil, standin.Refuse(standin.Denied, op, "deeds.key_needed", "Only an application's API key made for record tells what was done in it.")
	}
	if len(list) > Most {
		return nil, standin.Refuse(standin.Invalid, op, "deeds.too_many", "At most {most} deeds can be told at once.").With("most", Most)
	}
	now := standin.Now(d.now)
	d.forget(ctx, now)
	err = d.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		t := telling{Deeds: d, tx: tx, caller: caller, now: now, sessions: map[standin.SessionID]*known{},
			people: map[standin.PersonID]bool{}, applications: map[standin.ApplicationID]bool{}}
		receipts = make([]Receipt, len(list))
		for i := range list {
			if receipts[i], err = t.tell(ctx, list[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return receipts, err
}

// telling is one transaction of Tell, with what it has read.
type telling struct {
	*Deeds
	tx           *db.Tx
	caller       standin.Caller
	now          time.Time
	sessions     map[standin.SessionID]*known
	people       map[standin.PersonID]bool
	applications map[standin.ApplicationID]bool
}

// known is an acting session and what it is now; gone where there is none.
type known struct {
	acting.Session
	acting.Liveness
	gone bool
}

// tell records one deed, or that it was refused. An error is a failure of the whole.
func (t *telling) tell(ctx context.Context, d Deed) (Receipt, error) {
	if d.Outcome == "" {
		d.Outcome = ledger.Done
	}
	receipt := Receipt{ID: d.ID}
	malformed := func(err error) (Receipt, error) {
		refusal, ok := errors.AsType[*standin.Error](err)
		if !ok {
			return receipt, err
		}
		receipt.Refusal = refusal
		return receipt, nil
	}
	if err := d.Check(); err != nil {
		return malformed(err)
	}
	if !t.caller.EntitledIn("record", d.Application) {
		return t.notIts(ctx, &d, receipt)
	}
	if known, err := t.application(ctx, d.Application); err != nil {
		return receipt, err
	} else if !known {
		return malformed(standin.Refuse(standin.Invalid, op, "deeds.application", "There is no such application here.").On("action"))
	}
	told, err := d.told(t.caller.Actor)
	if err != nil {
		return malformed(err)
	}
	said := ledger.State([]any{d.action(), d.Item, d.Actor, d.Principal, d.Session, d.Outcome, told})
	if again, err := t.before(ctx, &d, said, &receipt); again || err != nil {
		return receipt, err
	}
	r, refusal, err := t.judge(ctx, &d, told)
	if err != nil {
		return receipt, err
	}
	receipt.Refusal = refusal
	if receipt.Record, err = t.ledger.Append(ctx, t.tx, r); err != nil {
		return receipt, err
	}
	return receipt, t.keep(ctx, &d, said, receipt)
}

// notIts refuses what was done in an application that the key is not for. That it was told is recorded, under the key's name
// and as its own doing alone; the deed's id stays free for the application whose it is.
func (t *telling) notIts(ctx context.Context, d *Deed, receipt Receipt) (_ Receipt, err error) {
	receipt.Refusal = standin.Refuse(standin.Invalid, op, "deeds.not_its", "This key was made for another application, and tells nothing of this one.").On("action")
	r := ledger.By(t.caller)
	r.At, r.Action, r.Resource, r.Outcome, r.Reasons = t.now, "deed.refuse", "key:"+string(t.caller.Actor.Key()), ledger.Refused, []string{receipt.Refusal.Code}
	r.After = ledger.State(Told{ID: d.ID, DoneAt: d.At.UTC().Format(time.RFC3339Nano), ToldBy: t.caller.Actor,
		Claimed: &Claimed{Action: d.action(), Actor: d.Actor, Principal: d.Principal, Session: d.Session}})
	receipt.Record, err = t.ledger.Append(ctx, t.tx, r)
	return receipt, err
}

// before looks whether the deed was told before, and then gives the receipt that it was given.
func (t *telling) before(ctx context.Context, d *Deed, said json.RawMessage, receipt *Receipt) (again bool, err error) {
	var kept, record, code string
	err = t.tx.QueryRow(ctx, `SELECT mark, record, refused FROM deeds WHERE organisation = $1 AND application = $2 AND id = $3`,
		string(t.caller.Organisation), string(d.Application), d.ID).Scan(&kept, &record, &code)
	switch salt, _, _ := strings.Cut(kept, ":"); {
	case db.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	case mark(salt, said) != kept:
		receipt.Refusal = standin.Refuse(standin.Conflict, op, "deeds.id_used", "Something else was told by this id before. Every deed has an id of its own.").On("id")
	case code != "":
		receipt.Refusal = standin.Refuse(standin.Invalid, op, "deeds.refused_before", "This was refused when it was told before: {code}.").With("code", code)
		receipt.Record, receipt.Again = standin.RecordID(record), true
	default:
		receipt.Record, receipt.Again = standin.RecordID(record), true
	}
	return true, nil
}

// keep remembers the deed's id. Of two that tell it at once, one is answered with a conflict, and tells it again.
func (t *telling) keep(ctx context.Context, d *Deed, said json.RawMessage, receipt Receipt) error {
	code := ""
	if receipt.Refusal != nil {
		code = receipt.Refusal.Code
	}
	n, err := t.tx.Exec(ctx, `INSERT INTO deeds (organisation, application, id, mark, record, refused, told_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (organisation, application, id) DO NOTHING`, string(t.caller.Organisation), string(d.Application), d.ID,
		mark(standin.NewSecret(), said), string(receipt.Record), code, standin.Micros(t.now))
	if err == nil && n == 0 {
		err = standin.Refuse(standin.Conflict, op, "deeds.at_once", "The same was told twice at once. Tell it again.")
	}
	return err
}

// mark is what is kept of something said: nothing can be guessed from it without its salt, which goes with it.
func mark(salt string, said json.RawMessage) string {
	sum := sha256.Sum256([]byte(salt + ":" + string(said)))
	return salt + ":" + hex.EncodeToString(sum[:])
}

// judge returns the deed's record, under the names of the two people where all of it is believed, else under the key's.
func (t *telling) judge(ctx context.Context, d *Deed, told Told) (ledger.Record, *standin.Error, error) {
	r := ledger.By(t.caller)
	r.At, r.Resource = t.now, d.resource()
	s, err := t.believe(ctx, d)
	if refusal, ok := errors.AsType[*standin.Error](err); ok && refusal.Kind == standin.Invalid {
		told.Claimed = &Claimed{Action: d.action(), Actor: d.Actor, Principal: d.Principal, Session: d.Session}
		r.Action, r.Outcome, r.Reasons, r.After = "deed.refuse", ledger.Refused, []string{refusal.Code}, ledger.State(told)
		return r, refusal, nil
	}
	if err != nil {
		return r, nil, err
	}
	r.Action, r.Actor, r.Outcome, r.After = d.action(), standin.PersonActor(d.Actor), d.Outcome, ledger.State(told)
	if s != nil {
		r.Principal, r.Session, r.Delegation = s.Principal, s.ID, s.Delegation
	}
	return r, nil, nil
}

// believe refuses, with Invalid, a deed whose people, session and instant do not belong together. It returns the session.
func (t *telling) believe(ctx context.Context, d *Deed) (*known, error) {
	switch {
	case d.At.After(t.now.Add(ahead)):
		return nil, standin.Refuse(standin.Invalid, op, "deeds.ahead", "This lies in the future. Set the application's clock.").On("at")
	case d.At.Before(t.now.Add(-oldest)):
		return nil, standin.Refuse(standin.Invalid, op, "deeds.too_old", "This was done too long ago to be told now.").On("at")
	}
	if !d.acting() {
		if known, err := t.person(ctx, d.Actor); err != nil || known {
			return nil, err
		}
		return nil, standin.Refuse(standin.Invalid, op, "deeds.nobody", "There is no such person here.").On("actor")
	}
	if d.Session == "" {
		return nil, standin.Refuse(standin.Invalid, op, "deeds.no_session", "What is done for somebody else is done in an acting session, which this does not name.").On("session")
	}
	s, err := t.session(ctx, d.Session)
	switch {
	case err != nil:
		return nil, err
	case s.gone || s.Actor != d.Actor || s.Principal != d.Principal:
		return nil, standin.Refuse(standin.Invalid, op, "deeds.not_theirs", "There is no such acting session of these two people.").On("session")
	case d.At.Before(s.StartedAt.Add(-apart)) || !s.Live && !d.At.Before(s.Liveness.At.Add(apart)):
		return nil, standin.Refuse(standin.Invalid, op, "deeds.not_live", "The acting session was not live when this was done.").On("session")
	}
	return s, nil
}

func (t *telling) session(ctx context.Context, id standin.SessionID) (*known, error) {
	if s := t.sessions[id]; s != nil {
		return s, nil
	}
	s, facts, err := t.acting.ByID(ctx, t.tx, t.caller.Organisation, id)
	gone := standin.KindOf(err) == standin.NotFound
	if err != nil && !gone {
		return nil, err
	}
	found := &known{Session: s, gone: gone}
	if !gone {
		found.Liveness = s.LivenessAt(facts, t.now)
	}
	t.sessions[id] = found
	return found, nil
}

func (t *telling) person(ctx context.Context, id standin.PersonID) (bool, error) {
	return remember(t.people, id, func() error {
		_, err := t.directory.Person(ctx, t.tx, t.caller.Organisation, id)
		return err
	})
}

func (t *telling) application(ctx context.Context, id standin.ApplicationID) (bool, error) {
	return remember(t.applications, id, func() error {
		_, err := t.Deeds.applications.Get(ctx, t.tx, t.caller.Organisation, id)
		return err
	})
}

// remember reads once whether something is there.
func remember[K comparable](all map[K]bool, key K, read func() error) (bool, error) {
	if there, ok := all[key]; ok {
		return there, nil
	}
	err := read()
	if err != nil && standin.KindOf(err) != standin.NotFound && !db.IsNotFound(err) {
		return false, err
	}
	all[key] = err == nil
	return err == nil, nil
}

// forget drops, once an hour, the ids of deeds that would now be refused as too old. That it cannot keeps nothing from being told.
func (d *Deeds) forget(ctx context.Context, now time.Time) {
	last := d.swept.Load()
	if standin.Micros(now)-last < time.Hour.Microseconds() || !d.swept.CompareAndSwap(last, standin.Micros(now)) {
		return
	}
	err := d.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM deeds WHERE told_at < $1`, standin.Micros(now.Add(-kept)))
		return err
	})
	if err != nil {
		d.swept.CompareAndSwap(standin.Micros(now), last)
	}
}
