// Package signin owns who is really here: passwords, the logins that browsers hold, and what changes them: the links with
// which people set their first password, or a new one, and the link with which an empty installation is set up. Beginning
// and ending to act change a login's identifier, so they pass through here too.
//
// It refuses to tell who exists: an unknown address and a wrong password are answered alike and take as long. It keeps no
// password and no token, only their hashes. A second factor finds its place in Login.Factors and beside password.go.
package signin

import (
	"context"
	"slices"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// ProofLasts is how long a proved factor counts for beginning to act, and for an administrator's own pages after acting
// (THREATS 33, 35).
const ProofLasts = 15 * time.Minute

// Options are what the operator may set. The zero value of each stands for its default.
type Options struct {
	Idle  time.Duration // a login that nobody used for so long has ended; 30 min
	Total time.Duration // no login lasts longer; 12 h
	// Hash says how passwords are hashed; at first as OWASP advises: argon2id, 19 MiB, 2 passes, 1 lane.
	Hash argon2id.Params
	// Hashing bounds how many passwords are hashed at once, and with it the memory; Waiting, how many wait for that.
	Hashing, Waiting int
}

func (o Options) complete() Options {
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	if o.Total == 0 {
		o.Total = 12 * time.Hour
	}
	if o.Hash == (argon2id.Params{}) {
		o.Hash = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	}
	if o.Hashing == 0 {
		o.Hashing = 4
	}
	if o.Waiting == 0 {
		o.Waiting = 64
	}
	return o
}

// Check refuses spans that make no sense or go beyond what any login may last.
func (o Options) Check() error {
	o = o.complete()
	if o.Idle < time.Minute || o.Idle > o.Total || o.Total > 24*time.Hour {
		return standin.Refuse(standin.Invalid, "signin.options", "signin.spans",
			"A login may be idle for at least 1 minute and lasts at most 24 hours in all.")
	}
	return nil
}

// Signin knows who is here. It is safe for concurrent use.
type Signin struct {
	db        *db.DB
	ledger    *ledger.Ledger
	directory *directory.Directory
	keys      *application.Applications // which API keys still stand behind the links that they made
	acting    *acting.Acting
	now       func() time.Time
	options   Options
	hasher    *hasher
}

// New returns the sign-in over d. options were checked.
func New(d *db.DB, l *ledger.Ledger, dir *directory.Directory, act *acting.Acting, now func() time.Time, options Options) *Signin {
	options = options.complete()
	return &Signin{db: d, ledger: l, directory: dir, keys: application.New(d, l, now), acting: act, now: now, options: options,
		hasher: newHasher(options)}
}

// login is one row of logins.
type login struct {
	organisation standin.OrganisationID
	id           standin.LoginID
	person       standin.PersonID
	token        string
	factors      []string
	createdAt    time.Time
	provedAt     time.Time
	seenAt       time.Time
	actedAt      time.Time
	chosenAt     time.Time // when the person last chose as whom they work in it
	renewAt      time.Time // since when its token is to be replaced, zero where it is not
	endsAt       time.Time
	endedAt      time.Time
	endedHow     string
	endedBy      standin.Actor // where that was another: howOther
	origin       standin.Origin
}

// How a login ended.
const (
	howOut      = "out"      // signed out
	howIdle     = "idle"     // nobody used it
	howLimit    = "limit"    // its time was over
	howInactive = "inactive" // the person was made inactive
	howPassword = "password" // the password was set anew
	howOther    = "other"    // somebody ended it who manages the person
)

// over returns when and how the login ended by itself before now, or "" while it lives.
func (l login) over(now time.Time, idle time.Duration) (at time.Time, how string) {
	at, how = l.endsAt, howLimit
	if unused := l.seenAt.Add(idle); unused.Before(at) {
		at, how = unused, howIdle
	}
	if now.Before(at) {
		return time.Time{}, ""
	}
	return at, how
}

// proved reports whether a factor was proved lately enough.
func (l login) proved(now time.Time) bool { return now.Sub(l.provedAt) < ProofLasts }

func (l login) public() standin.Login {
	return standin.Login{ID: l.id, Ends: l.endsAt, Proved: l.provedAt, Factors: slices.Clone(l.factors)}
}

// caller is the person in their own name.
func (l login) caller(origin standin.Origin) standin.Caller {
	return standin.Caller{Organisation: l.organisation, Actor: standin.PersonActor(l.person), Principal: l.person, Login: l.public(), Origin: origin}
}

// loginRecord is what records and doctor compare: without when it was last seen, chosen in or used to act, and of the token, which is
// random, only a hash of its hash, so that a token that somebody put in its place is found.
type loginRecord struct {
	Organisation standin.OrganisationID `json:"organisation"`
	ID           standin.LoginID        `json:"id"`
	Person       standin.PersonID       `json:"person"`
	Factors      []string               `json:"factors"`
	Fingerprint  string                 `json:"fingerprint"`
	CreatedAt    int64                  `json:"created_at"`
	ProvedAt     int64                  `json:"proved_at"`
	EndsAt       int64                  `json:"ends_at"`
	EndedAt      *int64                 `json:"ended_at"`
	EndedHow     string                 `json:"ended_how"`
	EndedBy      standin.Actor          `json:"ended_by"`
	Address      string                 `json:"address"`
	Agent        string                 `json:"agent"`
}

func (l login) state() loginRecord {
	s := loginRecord{Organisation: l.organisation, ID: l.id, Person: l.person, Factors: l.factors, Fingerprint: hashed(l.token),
		CreatedAt: standin.Micros(l.createdAt), ProvedAt: standin.Micros(l.provedAt), EndsAt: standin.Micros(l.endsAt),
		EndedHow: l.endedHow, EndedBy: l.endedBy, Address: l.origin.Address, Agent: l.origin.Agent}
	if !l.endedAt.IsZero() {
		ended := standin.Micros(l.endedAt)
		s.EndedAt = &ended
	}
	return s
}

func (l login) resource() string { return "login:" + string(l.id) }

// record appends what was done.
func (s *Signin) record(ctx context.Context, tx *db.Tx, r ledger.Record, at time.Time, action, resource string, before, after any) error {
	r.At, r.Action, r.Resource = at, action, resource
	if before != nil {
		r.Before = ledger.State(before)
	}
	if after != nil {
		r.After = ledger.State(after)
	}
	_, err := s.ledger.Append(ctx, tx, r)
	return err
}

// recordRefusal records in a transaction of its own that err refused the action, and returns err; where that cannot be
// recorded, the reason why.
func (s *Signin) recordRefusal(ctx context.Context, r ledger.Record, action, resource string, err error) error {
	r.At, r.Action, r.Resource, r.Outcome, r.Reasons = standin.Now(s.now), action, resource, ledger.Refused, []string{standin.CodeOf(err)}
	if recorded := s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := s.ledger.Append(ctx, tx, r)
		return err
	}); recorded != nil {
		return recorded
	}
	return err
}
