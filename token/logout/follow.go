package logout

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
)

// followed are the actions by which grants may fall, and that by which one ended.
var followed = []string{"acting.start", "acting.end", "login.end", "delegation.", "person.deactivate", "client.end", "client.change", "grant.end"}

// follow ends the grants that fell with what the records tell, and writes down whom to tell, in the transaction that
// remembers how far the record was read: each end is told, by whatever program, and none is lost to a kill.
func (o *Logout) follow(ctx context.Context, tx *db.Tx, records []ledger.Record) error {
	now := standin.Now(o.now)
	var ended []token.Grant
	var looked []token.Which
	for _, r := range records {
		if r.Outcome != ledger.Done {
			continue
		}
		if r.Action == "grant.end" && r.Actor != system {
			g, err := o.tokens.Load(ctx, tx, r.Organisation, standin.GrantID(id(r, "grant:")))
			if err != nil && !db.IsNotFound(err) {
				return err
			}
			if err == nil {
				ended = append(ended, g)
			}
			continue
		}
		which, ok := touched(r)
		if !ok || slices.Contains(looked, which) {
			continue
		}
		looked = append(looked, which)
		fell, err := o.tokens.EndFallen(ctx, tx, by(r.Organisation), which, token.Fallen, now)
		if err != nil {
			return err
		}
		ended = append(ended, fell...)
	}
	n, err := o.queue(ctx, tx, ended, now)
	if err == nil && n > 0 {
		o.wake() // it is committed in a moment
	}
	return err
}

func by(org standin.OrganisationID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: system}
}

// id returns what the record is about, "" where that is of another kind.
func id(r ledger.Record, kind string) string {
	text, ok := strings.CutPrefix(r.Resource, kind)
	if !ok {
		return ""
	}
	return text
}

// touched returns whose grants may have fallen with what the record tells.
func touched(r ledger.Record) (which token.Which, ok bool) {
	which.Organisation = r.Organisation
	kind, verb, _ := strings.Cut(r.Action, ".")
	switch kind {
	case "acting":
		if verb == "start" { // what the actor was in their own name in this login is over
			var begun struct{ Login standin.LoginID }
			if json.Unmarshal(r.After, &begun) != nil || begun.Login == "" {
				which.Person = r.Actor.Person()
				return which, which.Person != ""
			}
			which.Login = begun.Login
			return which, true
		}
		which.Session = standin.SessionID(id(r, "session:"))
		return which, verb == "end" && which.Session != ""
	case "login":
		which.Login = standin.LoginID(id(r, "login:"))
		return which, verb == "end" && which.Login != ""
	case "delegation":
		which.Delegation = standin.DelegationID(id(r, "delegation:"))
		return which, which.Delegation != ""
	case "person":
		which.Person = standin.PersonID(id(r, "person:"))
		return which, verb == "deactivate" && which.Person != ""
	case "client":
		which.Client = standin.ClientID(id(r, "client:"))
		return which, which.Client != "" && (verb == "end" || verb == "change" && narrowed(r))
	}
	return which, false
}

// opens is what of a client's row decides whether its grants stand.
type opens struct {
	StandIns   bool     `json:"stand_ins"`
	ThirdParty bool     `json:"third_party"`
	Audiences  []string `json:"audiences"`
	EndedAt    int64    `json:"ended_at"`
}

// narrowed reports whether the change of a client may have let its grants fall.
func narrowed(r ledger.Record) bool {
	var before, after opens
	if json.Unmarshal(r.Before, &before) != nil || json.Unmarshal(r.After, &after) != nil {
		return true
	}
	return before.StandIns != after.StandIns || before.ThirdParty != after.ThirdParty || before.EndedAt != after.EndedAt ||
		!slices.Equal(before.Audiences, after.Audiences)
}

// queue writes down whom to tell of the grants that ended: each application once for each sign-in that it knows.
func (o *Logout) queue(ctx context.Context, tx *db.Tx, ended []token.Grant, now time.Time) (queued int, err error) {
	type known struct {
		client standin.ClientID
		sid    string
	}
	done := map[known]bool{}
	for _, g := range ended {
		k := known{g.Client, g.SID()}
		if done[k] || !told(g) {
			continue
		}
		done[k] = true
		c, err := o.applications.Client(ctx, tx, g.Client)
		if err != nil {
			return queued, err
		}
		if c.BackChannel == "" {
			continue
		}
		if err := insert(ctx, tx, g, now); err != nil {
			return queued, err
		}
		queued++
	}
	return queued, nil
}

// told reports whether the application may hold a session for the grant of which it does not know that it is over. One that
// was exchanged is of a service in the background; a code that was never redeemed told nobody anything; what the
// application gave back itself, it knows of.
func told(g token.Grant) bool {
	return g.Parent == "" && !g.RedeemedAt.IsZero() && g.EndedHow != token.Revoked
}

// often is how often it is looked for what no record tells of; swept how many grants are looked at then.
const (
	often = 20 * time.Second
	swept = 200
)

// sweepAll ends, until ctx ends, what fell without a record, and forgets what is over for long.
func (o *Logout) sweepAll(ctx context.Context) {
	tick := time.NewTicker(often)
	defer tick.Stop()
	after, last := standin.GrantID(""), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		next, err := o.Sweep(ctx, after)
		if err == nil {
			after = next
			if now := o.now(); now.Sub(last) >= time.Minute {
				last = now
				err = o.forget(ctx)
			}
		}
		if err != nil && ctx.Err() == nil {
			o.log.Warn("what is over could not be looked for; it is refused all the same", "error", err)
		}
	}
}

// Sweep looks at some open grants after the one named, ends those that stand no more, and returns after which to look next,
// "" to begin again. It is for what ends by the clock alone.
func (o *Logout) Sweep(ctx context.Context, after standin.GrantID) (next standin.GrantID, err error) {
	var over []token.Which
	err = o.db.View(ctx, func(ctx context.Context, tx *db.Tx) error { // what is written waits for nobody who only looks
		next, over = "", nil
		open, err := o.tokens.Open(ctx, tx, after, swept)
		if err != nil {
			return err
		}
		if len(open) == swept {
			next = open[len(open)-1].ID
		}
		over, err = o.over(ctx, tx, open)
		return err
	})
	if err != nil || len(over) == 0 {
		return next, err
	}
	queued := 0
	err = o.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(o.now)
		var ended []token.Grant
		for _, which := range over {
			fell, err := o.tokens.EndFallen(ctx, tx, by(which.Organisation), which, token.Fallen, now)
			if err != nil {
				return err
			}
			ended = append(ended, fell...)
		}
		queued, err = o.queue(ctx, tx, ended, now)
		return err
	})
	if queued > 0 {
		o.wake()
	}
	return next, err
}

// over returns the sign-ins to applications, each once, of which one of the grants stands no more.
func (o *Logout) over(ctx context.Context, tx *db.Tx, open []token.Grant) (all []token.Which, err error) {
	now := standin.Now(o.now)
	for _, g := range open {
		which := token.Which{Organisation: g.Organisation, Login: g.Login, Client: g.Client}
		if slices.Contains(all, which) {
			continue
		}
		switch _, err := o.tokens.StandingIn(ctx, tx, g.Organisation, g.ID, now); {
		case standin.KindOf(err) == standin.Unauthenticated:
			all = append(all, which)
		case err != nil:
			return nil, err
		}
	}
	return all, nil
}

// forget removes what has been over for long.
func (o *Logout) forget(ctx context.Context) error {
	if err := o.tokens.Sweep(ctx); err != nil {
		return err
	}
	return o.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM logout_deliveries WHERE ended_at < $1`, standin.Micros(o.now().Add(-Kept)))
		return err
	})
}
