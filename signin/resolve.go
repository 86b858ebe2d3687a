package signin

import (
	"context"
	"errors"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Visit is who is here with a request, and what pages need to know about it.
type Visit struct {
	Caller       standin.Caller
	Organisation directory.Organisation
	Person       directory.Person // the actor
	Principal    directory.Person // whom they act for; the actor themselves in their own name
	Session      acting.Session   // live while acting, else the one that ended and that they did not turn away from yet
	Ended        acting.Liveness  // how Session ended, zero while it lives and where there is none
	// Chosen is when the present identity was chosen in this login: to act for Principal, or to be oneself. Zero where nothing
	// was chosen yet, and where what was chosen ended by itself and the person did not turn away from that yet (C1).
	Chosen time.Time
	// Renew says that the login's token is to be replaced at the next page, by Signin.Renew: acting in it was ended from an
	// application, which has no token of it to replace (THREATS 27).
	Renew bool
	// NoticeDue is the privacy notice that the actor has yet to accept, nil where none is due. Never while acting: it
	// waits until the actor is back (THREATS 21).
	NoticeDue *directory.PrivacyNotice
	// NeedsProof says that pages of administration ask for a factor first: the actor has acted since the last proof,
	// which is older than ProofLasts (THREATS 35).
	NeedsProof bool
	// Told is who made the link by which the person's password was set, nil where that is not to be told: never in the
	// sign-in that the link itself began, nor while acting, nor after KnowLink.
	Told *Told
}

// RequireProof refuses where NeedsProof says so, for pages of administration.
func (v Visit) RequireProof() error {
	if v.NeedsProof {
		return proofNeeded()
	}
	return nil
}

// RequireFactor refuses where no factor was proved within ProofLasts before now, for what gives rights away: whoever only finds a
// sign-in open names no stand-in by which they come back (THREATS 25).
func (v Visit) RequireFactor(now time.Time) error {
	if now.Sub(v.Caller.Login.Proved) >= ProofLasts {
		return proofNeeded()
	}
	return nil
}

func proofNeeded() error {
	return standin.Refuse(standin.Denied, "signin.proof", "signin.proof_needed", "Enter your password once more, to show that it is still you.")
}

// present is a login that lives, and who is behind it.
type present struct {
	login
	person directory.Person
	caller standin.Caller // the actor, acting where they do
	acting acting.Session
	ended  acting.Liveness
}

// lapse says that a login ended by itself, which is to be recorded.
type lapse struct {
	login
	at      time.Time
	how     string
	blocked bool // its person is inactive now
}

func (lapse) Error() string { return "signin: the login has ended by itself" }

// Unwrap tells whoever does not record it what it means.
func (l lapse) Unwrap() error {
	if l.blocked {
		return blocked()
	}
	return standin.Refuse(standin.Unauthenticated, "signin.resolve", "signin.expired", "Your sign-in has ended. Please sign in again.")
}

// live returns the login of the token where it lives and its person is active; a lapse where it ended by itself.
func (s *Signin) live(ctx context.Context, tx *db.Tx, token string, now time.Time) (present, error) {
	l, err := byToken(ctx, tx, token)
	if err != nil {
		return present{}, err
	}
	return s.present(ctx, tx, l, now)
}

// present returns the login where it lives and its person is active, with who is behind it; a lapse where it ended by itself.
func (s *Signin) present(ctx context.Context, tx *db.Tx, l login, now time.Time) (present, error) {
	p, err := s.directory.Person(ctx, tx, l.organisation, l.person)
	if err != nil {
		return present{}, err
	}
	if err := s.over(l, p, now); err != nil {
		return present{}, err
	}
	here := present{login: l, person: p, caller: l.caller(l.origin)}
	here.acting, here.ended, err = s.acting.Live(ctx, tx, l.organisation, l.id, now)
	if here.ended.Live {
		here.caller.Principal, here.caller.Session, here.caller.Delegation = here.acting.Principal, here.acting.ID, here.acting.Delegation
		here.ended = acting.Liveness{}
	}
	return here, err
}

// ended tells why a login is over.
func ended(l login, p directory.Person) error {
	if l.endedHow == howOut {
		return signedOut()
	}
	return lapse{login: l, blocked: l.endedHow == howInactive && !p.Active()}.Unwrap()
}

// Resolve returns who is here with the token, on every request. origin is where this request came from.
//
// Errors: Unauthenticated "signin.signed_out" or "signin.expired"; Denied "signin.blocked" where the person was made
// inactive; Conflict "signin.switched" where the token was replaced meanwhile: the browser has a newer one, which must not
// be taken from it.
func (s *Signin) Resolve(ctx context.Context, token string, origin standin.Origin) (Visit, error) {
	now := standin.Now(s.now)
	var v Visit
	var here present
	err := s.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		v = Visit{}
		if here, err = s.live(ctx, tx, token, now); err != nil {
			return err
		}
		v, err = s.visit(ctx, tx, here, now)
		return err
	})
	if over, ok := errors.AsType[lapse](err); ok {
		return Visit{}, s.recordLapse(ctx, over)
	}
	if err != nil {
		return Visit{}, err
	}
	v.Caller.Origin = origin
	return v, s.seen(ctx, here, now)
}

func (s *Signin) visit(ctx context.Context, tx *db.Tx, here present, now time.Time) (v Visit, err error) {
	v = Visit{Caller: here.caller, Person: here.person, Principal: here.person, Session: here.acting, Ended: here.ended,
		Chosen: here.chosen(), Renew: !here.renewAt.IsZero()}
	if v.Organisation, err = s.directory.Organisation(ctx, tx, here.organisation); err != nil {
		return v, err
	}
	if v.Caller.Acting() {
		v.Principal, err = s.directory.Person(ctx, tx, here.organisation, v.Caller.Principal)
		return v, err
	}
	if notice := v.Organisation.Settings.Notice(here.person.Language); notice.Version != here.person.AcceptedVersion {
		v.NoticeDue = &notice
	}
	if v.Told, err = s.told(ctx, tx, here.login); err != nil {
		return v, err
	}
	if here.proved(now) || here.actedAt.Before(here.provedAt) {
		return v, nil
	}
	powers, err := s.directory.Powers(ctx, tx, here.organisation, here.person.ID)
	v.NeedsProof = administers(powers)
	return v, err
}

// administers reports whether the powers reach anything beyond one's own.
func administers(powers rights.Powers) bool {
	for typ, t := range rights.StandinCatalogue().Types {
		for action := range t.Actions {
			if all, units := powers.Scopes(typ, action); all || len(units) > 0 {
				return true
			}
		}
	}
	return false
}

// seen writes down once a minute that the login is used, which no record needs to tell, and at once that an acting session
// ended, which one does.
func (s *Signin) seen(ctx context.Context, here present, now time.Time) error {
	ended := here.ended.How != "" && here.acting.EndedAt.IsZero()
	if !ended && now.Sub(here.seenAt) < time.Minute {
		return nil
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE logins SET seen_at = $3 WHERE organisation = $1 AND id = $2 AND seen_at < $3`, string(here.organisation),
			string(here.id), standin.Micros(now)); err != nil || !ended {
			return err
		}
		_, _, err := s.acting.Settle(ctx, tx, here.organisation, here.id, now)
		return err
	})
	if standin.KindOf(err) == standin.Unavailable && !ended {
		return nil // what was not written only ends the login sooner; stopping must work on a full disk too (P6)
	}
	return err
}

// recordLapse ends the login that ended by itself, with its record, and returns why.
func (s *Signin) recordLapse(ctx context.Context, over lapse) error {
	by := standin.Caller{Organisation: over.organisation, Actor: standin.SystemActor("signin")}
	err := s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := byID(ctx, tx, over.organisation, over.id)
		if err != nil {
			return err
		}
		return s.end(ctx, tx, l, by, over.at, standin.Now(s.now), over.how)
	})
	if err != nil {
		return err
	}
	return over.Unwrap()
}

// AcceptNotice accepts the version of the privacy notice for the caller, who must be here in their own name.
func (s *Signin) AcceptNotice(ctx context.Context, caller standin.Caller, version string) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error { return s.directory.AcceptNotice(ctx, tx, caller, version) })
	if standin.KindOf(err) == standin.Denied {
		return s.recordRefusal(ctx, ledger.By(caller), "person.accept_notice", "person:"+string(caller.Principal), err)
	}
	return err
}
