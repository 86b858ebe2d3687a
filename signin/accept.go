package signin

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// Invited is what the page of a link shows.
type Invited struct {
	Organisation directory.Organisation
	Person       directory.Person
	Again        bool          // the person has a password already, which this replaces
	By           standin.Actor // who made the link
	ByName       string        // their name, "" where they are no person
	Made         time.Time
	Expires      time.Time
}

func linkUnknown() error {
	return standin.Refuse(standin.NotFound, "signin.link", "signin.link_unknown",
		"This link does not work: it was used, it is over, or another one has taken its place. Ask for a new one.")
}

// Invitation returns what the link of the token is for. A link that was used, replaced or withdrawn, or is over, whose
// person is inactive, or whose maker could not make it any more, and one that never was, are all NotFound
// "signin.link_unknown"; TooMany after too many of these from one address.
func (s *Signin) Invitation(ctx context.Context, token string, origin standin.Origin) (shown Invited, err error) {
	if err := s.tryLink(ctx, origin); err != nil {
		return Invited{}, err
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, shown, err = s.invited(ctx, tx, token, standin.Now(s.now))
		if err != nil {
			return err
		}
		return forgetLink(ctx, tx, origin)
	})
	if err != nil {
		return Invited{}, err
	}
	return shown, nil
}

// invited returns the usable invitation of the token.
func (s *Signin) invited(ctx context.Context, tx *db.Tx, token string, now time.Time) (i invitation, shown Invited, err error) {
	i, err = scanInvitation(tx.QueryRow(ctx, `SELECT `+invitationColumns+` FROM invitations WHERE token = $1`, hashed(token)))
	if db.IsNotFound(err) {
		return i, shown, linkUnknown()
	}
	if err != nil {
		return i, shown, err
	}
	p, err := s.directory.Person(ctx, tx, i.organisation, i.person)
	if err != nil {
		return i, shown, err
	}
	shown = Invited{Person: p, By: i.madeBy, Made: i.madeAt, Expires: i.expiresAt}
	if !i.usable(p, now) {
		return i, shown, linkUnknown()
	}
	if shown.Again, err = s.HasPassword(ctx, tx, i.organisation, i.person); err != nil {
		return i, shown, err
	}
	if shown.ByName, err = s.stillBehind(ctx, tx, i, shown.Again, now); err != nil {
		return i, shown, err
	}
	shown.Organisation, err = s.directory.Organisation(ctx, tx, i.organisation)
	return i, shown, err
}

// stillBehind refuses a link whose maker could not make it now: they have left, lost the power, or the person has risen
// above them meanwhile. It returns the maker's name.
func (s *Signin) stillBehind(ctx context.Context, tx *db.Tx, i invitation, again bool, now time.Time) (name string, err error) {
	maker := standin.Caller{Organisation: i.organisation, Actor: i.madeBy, Principal: i.madeBy.Person()}
	if id := i.madeBy.Key(); id != "" {
		k, err := s.keys.KeyByID(ctx, tx, id)
		if err != nil && !db.IsNotFound(err) {
			return "", err
		}
		if err != nil || k.Organisation != i.organisation || !k.Live(now) {
			return "", linkUnknown()
		}
		maker.May = k.May
	}
	if id := i.madeBy.Person(); id != "" {
		p, err := s.directory.Person(ctx, tx, i.organisation, id)
		if err != nil {
			return "", err
		}
		if !p.Active() {
			return "", linkUnknown()
		}
		name = p.Name
	}
	_, err = s.directory.MayInvite(ctx, tx, maker, i.person, again)
	switch standin.KindOf(err) {
	case standin.Denied, standin.NotFound, standin.Conflict:
		return "", linkUnknown()
	}
	return name, err
}

// AcceptInvitation sets the person's password by the link of the token, ends all their sign-ins and signs them in. The
// link is used up: of parallel tries one succeeds. Errors are those of Invitation, and of CheckPassword.
func (s *Signin) AcceptInvitation(ctx context.Context, token, text string, origin standin.Origin) (newToken string, l standin.Login, err error) {
	if _, err := s.Invitation(ctx, token, origin); err != nil {
		return "", l, err
	}
	hash, err := s.Hash(ctx, text)
	if err != nil {
		return "", l, err
	}
	newToken = standin.NewSecret()
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		i, shown, err := s.invited(ctx, tx, token, now)
		if err != nil {
			return err
		}
		begun, err := s.enterWith(ctx, tx, shown.Person, hash, newToken, now, origin)
		if err != nil {
			return err
		}
		l = begun.public()
		used := i
		used.endedAt, used.endedHow, used.login = now, howUsed, begun.id
		return s.saveInvitation(ctx, tx, ledger.By(begun.caller(origin)), "invitation.use", &i, used, now)
	})
	if err != nil {
		return "", standin.Login{}, err
	}
	return newToken, l, nil
}

// enterWith gives the person a password, ends their sign-ins, and begins a new one. In records they do it themselves.
func (s *Signin) enterWith(ctx context.Context, tx *db.Tx, p directory.Person, hash PasswordHash, token string, now time.Time, origin standin.Origin) (login, error) {
	own := standin.Caller{Organisation: p.Organisation, Actor: standin.PersonActor(p.ID), Principal: p.ID, Origin: origin}
	if err := s.savePassword(ctx, tx, ledger.By(own), "password.set", password{p.Organisation, p.ID, hash.encoded, now}, now); err != nil {
		return login{}, err
	}
	logins, err := open(ctx, tx, p.Organisation, p.ID)
	if err != nil {
		return login{}, err
	}
	for _, l := range logins {
		if err := s.end(ctx, tx, l, own, now, now, howPassword); err != nil {
			return login{}, err
		}
	}
	if err := forget(ctx, tx, p.Email, origin); err != nil {
		return login{}, err
	}
	return s.begin(ctx, tx, p.Organisation, p.ID, []string{"pwd"}, token, now, origin)
}

// Told is what a person is told about a link with which their password was set.
type Told struct {
	By     standin.Actor
	ByName string // "" where they are no person
	Made   time.Time
	Used   time.Time
	From   standin.Origin // where it was used
}

// told returns who made the link by which the person's password was set, in other sign-ins than the one that it began,
// until they say that they know.
func (s *Signin) told(ctx context.Context, tx *db.Tx, l login) (*Told, error) {
	all, err := untold(ctx, tx, l.organisation, l.person, l.id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	first := all[0]
	t := &Told{By: first.madeBy, Made: first.madeAt, Used: first.endedAt}
	if id := first.madeBy.Person(); id != "" {
		p, err := s.directory.Person(ctx, tx, l.organisation, id)
		if err != nil {
			return nil, err
		}
		t.ByName = p.Name
	}
	used, err := scanLogin(tx.QueryRow(ctx, `SELECT `+loginColumns+` FROM logins WHERE organisation = $1 AND id = $2`, string(l.organisation), string(first.login)))
	t.From = used.origin
	return t, err
}

// untold returns the links with which the person's password was set and of which they are yet to be told, the oldest first,
// without the one that began this login: its page told already.
func untold(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID, here standin.LoginID) ([]invitation, error) {
	all, err := queryInvitations(ctx, tx, org, person, `ended_how = 'used' AND told_at IS NULL`)
	return slices.DeleteFunc(all, func(i invitation) bool { return i.login == here }), err
}

// KnowLink notes that the caller knows about the link that Visit.Told tells of, so that they are told no more, or of the
// next one. Not while acting: it is the principal's to know.
func (s *Signin) KnowLink(ctx context.Context, caller standin.Caller) error {
	if caller.Acting() || caller.Actor.Person() == "" {
		return notWhileActing("signin.know_link")
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		all, err := untold(ctx, tx, caller.Organisation, caller.Actor.Person(), caller.Login.ID)
		if err != nil || len(all) == 0 {
			return err
		}
		known := all[0]
		known.toldAt = now
		return s.saveInvitation(ctx, tx, ledger.By(caller), "invitation.know", &all[0], known, now)
	})
}

func notWhileActing(op string) error {
	return standin.Refuse(standin.Denied, op, "signin.not_while_acting",
		"This cannot be done while you are acting for somebody else. Continue as yourself first.")
}
