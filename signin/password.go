package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/ledger"
)

func notRight() error {
	return standin.Refuse(standin.Unauthenticated, "signin.password", "signin.not_right", "E-mail or password is not right.")
}

func blocked() error {
	return standin.Refuse(standin.Denied, "signin.password", "signin.blocked", "Your account is blocked. Ask an administrator of your organisation.")
}

// claim is somebody's say that they are the person with that password.
type claim struct {
	person directory.Person // zero where nobody has the address
	stored password
	right  bool
	fresh  string // the password hashed anew, where the stored hash was made with other parameters
}

// Password signs the person in whose address and password these are, and returns the token that their browser holds. The
// token of a login the browser had before stays what it was: the caller ends it with Out, so that nothing is carried over
// (THREATS 27).
//
// Errors: Unauthenticated "signin.not_right", alike for a wrong password and for an address that nobody has (THREATS 81);
// TooMany with "until" after too many failures; Denied "signin.blocked" where the password was right and the person is
// inactive.
func (s *Signin) Password(ctx context.Context, email, text string, origin standin.Origin) (token string, l standin.Login, err error) {
	c, err := s.claimed(ctx, email, text, origin)
	if err != nil {
		return "", l, err
	}
	if !c.right || !c.person.Active() {
		return "", l, s.refuse(ctx, standin.Caller{Actor: standin.SystemActor("signin"), Origin: origin}, c, "login.create", email)
	}
	token = standin.NewSecret()
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		if err := s.confirm(ctx, tx, c, email, origin, now); err != nil {
			return err
		}
		begun, err := s.begin(ctx, tx, c.person.Organisation, c.person.ID, []string{"pwd"}, token, now, origin)
		l = begun.public()
		return err
	})
	if err != nil {
		return "", standin.Login{}, err
	}
	return token, l, nil
}

// claimed counts the try, finds the person, and compares. It does the same, and takes as long, whoever it is.
func (s *Signin) claimed(ctx context.Context, email, text string, origin standin.Origin) (c claim, err error) {
	if len(text) > 4*longestPassword {
		text = "" // nobody has it: compared in vain like any other
	}
	release, err := s.hasher.wait(ctx)
	if err != nil {
		return c, err
	}
	defer release()
	if err := s.tryOnce(ctx, email, origin); err != nil {
		return c, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		c = claim{}
		p, err := s.directory.PersonByEmail(ctx, tx, email)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		c.person = p
		c.stored, err = loadPassword(ctx, tx, p.Organisation, p.ID)
		return err
	})
	if err != nil {
		return c, err
	}
	right, stale, err := s.hasher.matches(text, c.stored.hash)
	if err != nil {
		return c, err
	}
	if c.right = right; right && stale {
		c.fresh, err = s.hasher.create(normal(text), &s.options.Hash)
	}
	return c, err
}

// confirm makes sure, in the transaction that builds on it, that the claim still holds, and forgets the failures before.
func (s *Signin) confirm(ctx context.Context, tx *db.Tx, c claim, email string, origin standin.Origin, now time.Time) error {
	p, err := s.directory.Person(ctx, tx, c.person.Organisation, c.person.ID)
	if err != nil {
		return err
	}
	stored, err := loadPassword(ctx, tx, p.Organisation, p.ID)
	switch {
	case err != nil:
		return err
	case !p.Active():
		return blocked()
	case stored.hash != c.stored.hash:
		return notRight() // it was set anew meanwhile
	}
	if c.fresh != "" {
		by := ledger.By(standin.Caller{Organisation: p.Organisation, Actor: standin.SystemActor("signin"), Origin: origin})
		if err := s.savePassword(ctx, tx, by, "password.rehash", password{p.Organisation, p.ID, c.fresh, stored.changedAt}, now); err != nil {
			return err
		}
	}
	return forget(ctx, tx, email, origin)
}

// refuse records that by's claim was refused and returns the refusal. Who signs in is not proved, so Standin itself is the
// record's actor then; what a stranger typed is told by its hash alone.
func (s *Signin) refuse(ctx context.Context, by standin.Caller, c claim, action, email string) error {
	refusal, resource := notRight(), "password:"+string(c.person.ID)
	if by.Organisation = c.person.Organisation; c.person.ID == "" {
		key, ok := names.EmailKey(email)
		if !ok {
			key = email
		}
		sum := sha256.Sum256([]byte("e-mail\x00" + key))
		by.Organisation, resource = standin.Operator, "email:"+hex.EncodeToString(sum[:16])
	}
	if c.right {
		refusal = blocked()
	}
	return s.recordRefusal(ctx, ledger.By(by), action, resource, refusal)
}

// Prove proves the actor's factor again, whoever they act for (THREATS 20), and returns the login's new token.
func (s *Signin) Prove(ctx context.Context, token, text string, origin standin.Origin) (newToken string, l standin.Login, err error) {
	var email string
	var by standin.Caller
	if err := s.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		here, err := s.live(ctx, tx, token, standin.Now(s.now))
		email, by = here.person.Email, here.caller
		by.Origin = origin
		return err
	}); err != nil {
		return "", l, err
	}
	c, err := s.claimed(ctx, email, text, origin)
	if err != nil {
		return "", l, err
	}
	if !c.right || !c.person.Active() {
		return "", l, s.refuse(ctx, by, c, "login.prove", email)
	}
	newToken = standin.NewSecret()
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		here, err := s.live(ctx, tx, token, now)
		if err != nil {
			return err
		}
		if here.person.ID != c.person.ID {
			return notRight()
		}
		if err := s.confirm(ctx, tx, c, email, origin, now); err != nil {
			return err
		}
		proved, err := s.prove(ctx, tx, here, newToken, now)
		l = proved.public()
		return err
	})
	if err != nil {
		return "", standin.Login{}, err
	}
	return newToken, l, nil
}

// prove notes that a factor was proved in the login, and gives it a new token.
func (s *Signin) prove(ctx context.Context, tx *db.Tx, here present, token string, now time.Time) (login, error) {
	if _, err := tx.Exec(ctx, `UPDATE logins SET proved_at = $3 WHERE organisation = $1 AND id = $2`, string(here.organisation), string(here.id),
		standin.Micros(now)); err != nil {
		return login{}, err
	}
	proved, err := rotate(ctx, tx, here.login, token)
	if err != nil {
		return login{}, err
	}
	proved.provedAt = now
	return proved, s.record(ctx, tx, ledger.By(here.caller), now, "login.prove", proved.resource(), here.login.state(), proved.state())
}
