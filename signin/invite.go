package signin

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// Link is a link with which a person sets their password. Its token is told to whoever made it, once, and is not kept.
type Link struct {
	Token   string
	Person  directory.Person
	Again   bool // they have a password already, which works until the link is used
	Expires time.Time
}

// Invite makes a link with which the person sets their first password, or a new one when they lost it, and ends the links
// that they had. Whoever makes it never learns the password; that they made the link, the person is told when they use it
// and at their next sign-in, and records name both.
//
// It needs standin:person.manage at the person's unit, and is refused for who is above the caller, or holds a power that
// the caller does not; where they have a password already, for who is beside the caller, too (P8). Nobody makes one for
// themselves, or while acting. It works for InvitationLasts, as long as the person stays active and whoever made it could
// make it anew.
func (s *Signin) Invite(ctx context.Context, caller standin.Caller, person standin.PersonID) (made Link, err error) {
	made.Token = standin.NewSecret()
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		var err error
		if made.Again, err = s.HasPassword(ctx, tx, caller.Organisation, person); err != nil {
			return err
		}
		if made.Person, err = s.directory.MayInvite(ctx, tx, caller, person, made.Again); err != nil {
			return err
		}
		if _, err := s.endInvitations(ctx, tx, caller, person, howReplaced, now); err != nil {
			return err
		}
		made.Expires = now.Add(InvitationLasts)
		return s.saveInvitation(ctx, tx, ledger.By(caller), "invitation.create", nil, invitation{organisation: caller.Organisation, id: standin.NewID("i"),
			person: person, token: hashed(made.Token), again: made.Again, madeBy: caller.Actor, madeAt: now, expiresAt: made.Expires}, now)
	})
	if err != nil {
		return Link{}, s.denied(ctx, caller, "invitation.create", person, err)
	}
	return made, nil
}

// Uninvite ends the link that the person has not used. It needs what Invite needs; without such a link it is NotFound.
func (s *Signin) Uninvite(ctx context.Context, caller standin.Caller, person standin.PersonID) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		has, err := s.HasPassword(ctx, tx, caller.Organisation, person)
		if err != nil {
			return err
		}
		if _, err := s.directory.MayInvite(ctx, tx, caller, person, has); err != nil {
			return err
		}
		ended, err := s.endInvitations(ctx, tx, caller, person, howWithdrawn, standin.Now(s.now))
		if err == nil && ended == 0 {
			err = standin.Refuse(standin.NotFound, "signin.uninvite", "signin.no_link", "There is no link that could still be used.")
		}
		return err
	})
	if err != nil {
		return s.denied(ctx, caller, "invitation.end", person, err)
	}
	return nil
}

// denied records err where it is a denial, and returns it.
func (s *Signin) denied(ctx context.Context, caller standin.Caller, action string, person standin.PersonID, err error) error {
	if standin.KindOf(err) != standin.Denied {
		return err
	}
	return s.recordRefusal(ctx, ledger.By(caller), action, "person:"+plain(string(person)), err)
}

// Standing says how a person signs in, for those who may manage them.
type Standing struct {
	Password time.Time // when it was set, zero where they have none
	Invited  time.Time // when the link was made that can still be used, zero where there is none
	By       standin.Actor
	Expires  time.Time
}

// StandingOf returns how the person signs in. It needs standin:person.manage at the person's unit; others are NotFound.
func (s *Signin) StandingOf(ctx context.Context, caller standin.Caller, person standin.PersonID) (st Standing, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		st = Standing{}
		p, err := s.directory.Person(ctx, tx, caller.Organisation, person)
		if err != nil {
			return err
		}
		if err := s.mayLook(ctx, tx, caller, p); err != nil {
			return err
		}
		stored, err := loadPassword(ctx, tx, caller.Organisation, person)
		if err != nil {
			return err
		}
		st.Password = stored.changedAt
		open, err := queryInvitations(ctx, tx, caller.Organisation, person, `ended_at IS NULL`)
		for _, i := range open {
			if i.usable(p, standin.Now(s.now)) {
				st.Invited, st.By, st.Expires = i.madeAt, i.madeBy, i.expiresAt
			}
		}
		return err
	})
	return st, err
}

// mayLook refuses who may not manage the person: NotFound, as if there were nobody, to who may manage others (THREATS 10).
func (s *Signin) mayLook(ctx context.Context, tx *db.Tx, caller standin.Caller, p directory.Person) error {
	err := s.directory.MayRead(ctx, tx, caller, "person", "manage", p.Unit)
	if standin.KindOf(err) != standin.Denied {
		return err
	}
	all, units, scopes := s.directory.ScopesOf(ctx, tx, caller, "person", "manage")
	if scopes == nil && (all || len(units) > 0) {
		return standin.Refuse(standin.NotFound, "signin.standing", "directory.person_unknown", "There is no such person.").
			With("person", p.ID).On("person")
	}
	return err
}

// usable reports whether the link is neither ended nor over, and its person active ever since it was made.
func (i invitation) usable(p directory.Person, now time.Time) bool {
	return i.endedAt.IsZero() && now.Before(i.expiresAt) && p.Active() && !i.madeAt.Before(p.ActiveSince)
}
