package token

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
)

// Standing returns what the grant says at this instant, or why it stands no more: Unauthenticated "token.over" or
// "token.unknown". use says that the person uses it, so that their login does not end unused.
func (t *Tokens) Standing(ctx context.Context, org standin.OrganisationID, id standin.GrantID, use bool) (Who, error) {
	now := standin.Now(t.now)
	w, ok, err := t.still(ctx, org, id, now)
	if err != nil {
		return Who{}, err
	}
	if !ok {
		err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			w, err = t.StandingIn(ctx, tx, org, id, now)
			return err
		})
	}
	if err != nil {
		return Who{}, err
	}
	if use && now.Sub(w.Login.SeenAt) >= time.Minute {
		return w, t.used(ctx, w, now)
	}
	return w, nil
}

// Use says that the person uses what w says, so that their login does not end unused: to be called once nothing more is asked of
// whoever presents a token, for what was refused keeps no sign-in alive. It refuses what Read would by now.
func (t *Tokens) Use(ctx context.Context, w Who) error {
	now := standin.Now(t.now)
	if now.Sub(w.Login.SeenAt) < time.Minute {
		return nil
	}
	return t.used(ctx, w, now)
}

// used keeps the login from ending unused; what was not written only ends it sooner.
func (t *Tokens) used(ctx context.Context, w Who, now time.Time) error {
	err := t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := t.signin.LoginByID(ctx, tx, w.Grant.Organisation, w.Grant.Login, now); err != nil {
			return over(err)
		}
		return t.signin.UseLogin(ctx, tx, w.Grant.Organisation, w.Grant.Login, now)
	})
	if standin.KindOf(err) == standin.Unavailable {
		return nil
	}
	return err
}

// StandingIn is Standing within the transaction of what is done by the grant: nothing slips between looking and doing
// (THREATS 51). Nothing is written.
func (t *Tokens) StandingIn(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.GrantID, now time.Time) (Who, error) {
	g, err := t.Load(ctx, tx, org, id)
	if db.IsNotFound(err) {
		return Who{}, unknown().Because(err)
	}
	if err != nil {
		return Who{}, err
	}
	return t.stands(ctx, tx, g, now)
}

// stands asks everything that the grant rests on: the grant and those it was exchanged from, their applications, the login,
// the acting session with its delegation, and both people (THREATS 44, 45, 58).
func (t *Tokens) stands(ctx context.Context, tx *db.Tx, g Grant, now time.Time) (Who, error) {
	w := Who{Grant: g, At: now, Until: g.ExpiresAt}
	root, err := t.ancestors(ctx, tx, &w, now)
	if err != nil {
		return Who{}, err
	}
	w.Login, err = t.signin.LoginByID(ctx, tx, g.Organisation, g.Login, now)
	if err != nil {
		return Who{}, rests(err)
	}
	w.Actor, w.Principal, w.Until = w.Login.Person, w.Login.Person, earlier(w.Until, w.Login.EndsAt)
	switch {
	case w.Actor.ID != g.Actor:
		return Who{}, over(errors.New("the login is somebody else's"))
	case g.Acting():
		err = t.actingStands(ctx, tx, &w, now)
	case !w.Login.ActedAt.Equal(g.actedAt):
		err = over(errors.New("its login has begun to act since"))
	case w.Client.Exchange:
		w.MayAct, err = t.mayAct(ctx, tx, g, now)
	}
	if err != nil {
		return Who{}, err
	}
	w.Scopes = g.Scopes
	if w.Audience, err = t.audience(ctx, tx, &w, root); err != nil {
		return Who{}, err
	}
	return w, t.discreet(ctx, tx, &w)
}

// discreet finds whether the actor's address is to be kept from applications of others, as it is unless they allowed it to each
// that hears this. Their id and name are told always: both people are named (P1).
func (t *Tokens) discreet(ctx context.Context, tx *db.Tx, w *Who) error {
	for _, client := range w.strangers {
		if w.Discreet || !w.Acting() {
			return nil
		}
		scopes, err := consented(ctx, tx, w.Grant.Organisation, w.Grant.Actor, client)
		if err != nil {
			return err
		}
		w.Discreet = !slices.Contains(scopes, "email")
	}
	return nil
}

// rests turns what a room above says about what a grant rests on into "over"; what is no refusal stays what it is.
func rests(err error) error {
	switch standin.KindOf(err) {
	case standin.Unauthenticated, standin.Denied, standin.NotFound:
		return over(err)
	}
	if db.IsNotFound(err) {
		return over(err)
	}
	return err
}

// ancestors asks the grant and each that it was exchanged from, and their applications; it returns the application that was
// signed in to.
func (t *Tokens) ancestors(ctx context.Context, tx *db.Tx, w *Who, now time.Time) (root application.Client, err error) {
	g := w.Grant
	for depth := 0; ; depth++ {
		switch {
		case depth > mostServices:
			return root, over(errors.New("it was exchanged too often"))
		case !g.EndedAt.IsZero():
			return root, over(errors.New("it ended: " + string(g.EndedHow)))
		case !now.Before(g.ExpiresAt):
			return root, over(errors.New("its time is over"))
		}
		c, err := t.client(ctx, tx, g)
		if err != nil {
			return root, err
		}
		if depth == 0 {
			w.Client = c
		}
		if c.ThirdParty {
			w.strangers = append(w.strangers, c.ID)
		}
		w.Until = earlier(w.Until, g.ExpiresAt)
		if g.Parent == "" {
			return c, nil
		}
		if g, err = t.Load(ctx, tx, g.Organisation, g.Parent); err != nil {
			return root, rests(err)
		}
	}
}

// client returns the grant's application where it may hold the grant now.
func (t *Tokens) client(ctx context.Context, tx *db.Tx, g Grant) (application.Client, error) {
	c, err := t.applications.Client(ctx, tx, g.Client)
	if err != nil {
		return c, rests(err)
	}
	return c, t.takes(ctx, tx, c, g, true)
}

// takes refuses an application that ended, that takes no stand-ins, that has by exchange what it may not have so, or that needs
// a consent which is not there.
func (t *Tokens) takes(ctx context.Context, tx *db.Tx, c application.Client, g Grant, standing bool) error {
	var refusal *standin.Error
	switch {
	case c.Ended || c.Organisation != g.Organisation:
		refusal = clientOver()
	case g.Parent != "" && (!c.Exchange || c.Public):
		refusal = noExchange()
	case g.Acting() && !c.StandIns:
		refusal = noStandIns()
	case c.ThirdParty && g.Parent == "":
		scopes, err := consented(ctx, tx, g.Organisation, g.Principal, c.ID)
		if err != nil {
			return err
		}
		if _, all := subset(g.Scopes, scopes); !all {
			refusal = noConsent()
		}
	}
	switch {
	case refusal == nil:
		return nil
	case standing:
		return over(refusal)
	}
	return refusal
}

// actingStands asks the acting session, with its delegation and both people, as they are now.
func (t *Tokens) actingStands(ctx context.Context, tx *db.Tx, w *Who, now time.Time) error {
	g := w.Grant
	s, facts, err := t.acting.ByID(ctx, tx, g.Organisation, g.Session)
	if err != nil {
		return rests(err)
	}
	live := s.LivenessAt(facts, now)
	if !live.Live || s.Login != g.Login || s.Actor != g.Actor || s.Principal != g.Principal || s.Delegation != g.Delegation {
		return over(errors.New("the acting session ended: " + string(live.How)))
	}
	if w.Principal, err = t.directory.Person(ctx, tx, g.Organisation, g.Principal); err != nil {
		return rests(err)
	}
	until, usable := facts.UsableUntil(now)
	if !usable || !w.Principal.Active() {
		return over(errors.New("nothing can be done by its delegation"))
	}
	if !until.IsZero() {
		s.ExpiresAt, s.LimitAt = earlier(s.ExpiresAt, until), earlier(s.LimitAt, until)
	}
	w.Session, w.Delegation, w.Until = s, facts.Delegation, earlier(w.Until, s.ExpiresAt)
	return nil
}

// mayAct returns who could stand in for the person now (RFC 8693 §4.4).
func (t *Tokens) mayAct(ctx context.Context, tx *db.Tx, g Grant, now time.Time) (people []directory.Person, err error) {
	rows, err := t.delegations.ForPerson(ctx, tx, g.Organisation, g.Principal, now)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		known := slices.ContainsFunc(people, func(p directory.Person) bool { return p.ID == r.Actor })
		if r.Principal == g.Principal && !known && acting.Startable(r, now) == nil {
			people = append(people, directory.Person{ID: r.Actor, Name: r.ActorPerson.Name})
		}
	}
	slices.SortFunc(people, func(a, b directory.Person) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return people, nil
}

// audience returns those of the grant's audience that the application signed in to still has, and that are no application
// which ended, or which takes no stand-ins while somebody acts. What a service exchanged to whom the application's tokens are
// no more is over (THREATS 58).
func (t *Tokens) audience(ctx context.Context, tx *db.Tx, w *Who, root application.Client) (left []string, err error) {
	present := root.Audience()
	for _, service := range w.Grant.Services {
		if service != root.ID && !slices.Contains(present, string(service)) {
			return nil, over(errors.New("tokens of " + string(root.ID) + " are not for " + string(service) + " any more"))
		}
	}
	for _, a := range w.Grant.Audience {
		if !slices.Contains(present, a) {
			continue
		}
		fits := true
		if a != string(w.Client.ID) && a != string(root.ID) && a != Standin {
			if fits, err = t.fits(ctx, tx, w, standin.ClientID(a)); err != nil {
				return nil, err
			}
		}
		if fits {
			left = append(left, a)
		}
	}
	if len(left) == 0 {
		return nil, over(errors.New("nothing is left that it opens"))
	}
	return left, nil
}

// fits reports whether tokens may be for what has the id, an application or any other audience, and notes one of others.
func (t *Tokens) fits(ctx context.Context, tx *db.Tx, w *Who, id standin.ClientID) (bool, error) {
	c, err := t.applications.Client(ctx, tx, id)
	if standin.KindOf(err) == standin.NotFound {
		return true, nil
	}
	if err == nil && c.ThirdParty {
		w.strangers = append(w.strangers, c.ID)
	}
	return !c.Ended && c.Organisation == w.Grant.Organisation && (c.StandIns || !w.Acting()), err
}

// late is how old the reading may be by which something is given when it is written (DESIGN.md P5).
const late = 500 * time.Millisecond

// inTime refuses what was written after so long a wait that what it rests on may have ended, and that been acknowledged,
// meanwhile: then it is asked once more.
func (t *Tokens) inTime(ctx context.Context, w Who) error {
	now := standin.Now(t.now)
	if age := now.Sub(w.At); age >= 0 && age <= late {
		return nil
	}
	return t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := t.StandingIn(ctx, tx, w.Grant.Organisation, w.Grant.ID, now)
		return err
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
