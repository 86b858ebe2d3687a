package signin

import (
	"context"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// SetUpLasts is how long a link works with which an empty installation is set up.
const SetUpLasts = time.Hour

// setUpLink is one row of setup_links.
type setUpLink struct {
	id        string
	token     string
	madeAt    time.Time
	expiresAt time.Time
	endedAt   time.Time
	endedHow  string
}

// setUpState is what records tell of it, in the operator's tree.
type setUpState struct {
	ID          string `json:"id"`
	Fingerprint string `json:"fingerprint"`
	MadeAt      int64  `json:"made_at"`
	ExpiresAt   int64  `json:"expires_at"`
	EndedAt     *int64 `json:"ended_at"`
	EndedHow    string `json:"ended_how"`
}

func (k setUpLink) state() setUpState {
	return setUpState{k.id, hashed(k.token), standin.Micros(k.madeAt), standin.Micros(k.expiresAt), micros(k.endedAt), k.endedHow}
}

func (k setUpLink) resource() string { return "setup:" + k.id }

const setUpColumns = `id, token, made_at, expires_at, ended_at, ended_how`

func scanSetUp(row scanner) (k setUpLink, err error) {
	var made, expires, ended db.Time
	err = row.Scan(&k.id, &k.token, &made, &expires, &ended, &k.endedHow)
	k.madeAt, k.expiresAt, k.endedAt = made.Time, expires.Time, ended.Time
	return k, err
}

func setUpDone() error {
	return standin.Refuse(standin.Conflict, "signin.set_up", "signin.set_up_done", "This installation has been set up already.")
}

// empty refuses an installation that has an organisation.
func (s *Signin) empty(ctx context.Context, tx *db.Tx) error {
	all, err := s.directory.Organisations(ctx, tx)
	if err == nil && len(all) > 0 {
		err = setUpDone()
	}
	return err
}

// SetUpLink makes the link with which the first organisation is set up, and ends the one before; only the operator's
// commands do. Conflict "signin.set_up_done" once there is an organisation.
func (s *Signin) SetUpLink(ctx context.Context) (token string, expires time.Time, err error) {
	token = standin.NewSecret()
	by := standin.OperatorCaller(standin.Operator, "setup")
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		if err := s.empty(ctx, tx); err != nil {
			return err
		}
		former, err := openSetUps(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range former {
			if err := s.endSetUp(ctx, tx, by, k, howReplaced, now); err != nil {
				return err
			}
		}
		expires = now.Add(SetUpLasts)
		k := setUpLink{id: standin.NewID("s"), token: hashed(token), madeAt: now, expiresAt: expires}
		if _, err := tx.Exec(ctx, `INSERT INTO setup_links (id, token, made_at, expires_at, ended_how) VALUES ($1, $2, $3, $4, '')`,
			k.id, k.token, standin.Micros(k.madeAt), standin.Micros(k.expiresAt)); err != nil {
			return err
		}
		return s.record(ctx, tx, ledger.By(by), now, "setup.create", k.resource(), nil, k.state())
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return token, expires, nil
}

func openSetUps(ctx context.Context, tx *db.Tx) (all []setUpLink, err error) {
	rows, err := tx.Query(ctx, `SELECT `+setUpColumns+` FROM setup_links WHERE ended_at IS NULL ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		k, err := scanSetUp(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

func (s *Signin) endSetUp(ctx context.Context, tx *db.Tx, by standin.Caller, k setUpLink, how string, now time.Time) error {
	ended := k
	ended.endedAt, ended.endedHow = now, how
	if _, err := tx.Exec(ctx, `UPDATE setup_links SET ended_at = $2, ended_how = $3 WHERE id = $1`, k.id, standin.Micros(now), how); err != nil {
		return err
	}
	return s.record(ctx, tx, ledger.By(by), now, "setup.end", k.resource(), k.state(), ended.state())
}

// SetUpOpen refuses unless the token is that of the link with which this installation can be set up now: NotFound
// "signin.link_unknown" for one that is over or never was, or once there is an organisation; TooMany after too many of
// these from one address.
func (s *Signin) SetUpOpen(ctx context.Context, token string, origin standin.Origin) error {
	if err := s.tryLink(ctx, origin); err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := s.setUp(ctx, tx, token, standin.Now(s.now)); err != nil {
			return err
		}
		return forgetLink(ctx, tx, origin)
	})
}

func (s *Signin) setUp(ctx context.Context, tx *db.Tx, token string, now time.Time) (setUpLink, error) {
	k, err := scanSetUp(tx.QueryRow(ctx, `SELECT `+setUpColumns+` FROM setup_links WHERE token = $1`, hashed(token)))
	if db.IsNotFound(err) {
		return k, linkUnknown()
	}
	if err != nil {
		return k, err
	}
	if !k.endedAt.IsZero() || !now.Before(k.expiresAt) {
		return k, linkUnknown()
	}
	if err = s.empty(ctx, tx); standin.KindOf(err) == standin.Conflict {
		err = linkUnknown()
	}
	return k, err
}

// Founding is what the first organisation is made of.
type Founding struct {
	ID       standin.OrganisationID
	Name     string
	TimeZone string           // "" is UTC
	Units    []standin.UnitID // at the top; without any there is one, named as the organisation's id
	// The first administrator, who belongs to the first unit and holds every power.
	Administrator, Email, Password string
	Language                       string // theirs
}

// SetUp makes the first organisation, its units and roles and its first administrator in one transaction, ends the link
// and signs the administrator in. Of parallel tries with one link one succeeds. Errors are those of SetUpOpen and, with
// the field that is to be changed, those of directory's use cases and of CheckPassword.
func (s *Signin) SetUp(ctx context.Context, token string, wish Founding, origin standin.Origin) (newToken string, l standin.Login, err error) {
	if err := s.SetUpOpen(ctx, token, origin); err != nil {
		return "", l, err
	}
	hash, err := s.Hash(ctx, wish.Password)
	if err != nil {
		return "", l, err
	}
	newToken = standin.NewSecret()
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		k, err := s.setUp(ctx, tx, token, now)
		if err != nil {
			return err
		}
		by := standin.OperatorCaller(standin.Operator, "setup")
		by.Origin = origin
		if err := s.endSetUp(ctx, tx, by, k, howUsed, now); err != nil {
			return err
		}
		by.Organisation = wish.ID
		p, err := s.found(ctx, tx, by, wish)
		if err != nil {
			return err
		}
		begun, err := s.enterWith(ctx, tx, p, hash, newToken, standin.Now(s.now), origin) // not before there is the person
		l = begun.public()
		return err
	})
	if err != nil {
		return "", standin.Login{}, err
	}
	return newToken, l, nil
}

// StandardRoles are the roles of an organisation that was set up by hand. What they may do in applications, its
// administrators add.
func StandardRoles() []rights.Role {
	return []rights.Role{
		{ID: "staff", Rank: 0, Allow: []string{}},
		{ID: "manager", Rank: 10, Allow: []string{"standin:delegation.manage@unit"}},
		{ID: "auditor", Rank: 30, Allow: []string{"standin:audit.view@org", "standin:review.run@org"}},
		{ID: "hr", Rank: 50, Allow: []string{"standin:person.manage@unit", "standin:delegation.manage@unit"}},
		{ID: "administrator", Rank: 70, Allow: []string{"standin:person.*@org", "standin:delegation.*@org", "standin:settings.manage@org",
			"standin:guardrail.edit@org"}},
		{ID: "super_administrator", Rank: 90, Allow: []string{"standin:*.*@org"}},
	}
}

// found makes the organisation and returns its first administrator.
func (s *Signin) found(ctx context.Context, tx *db.Tx, by standin.Caller, wish Founding) (directory.Person, error) {
	o := directory.Organisation{ID: wish.ID, Name: wish.Name, Settings: directory.DefaultSettings()}
	if zone := strings.TrimSpace(wish.TimeZone); zone != "" {
		o.Settings.TimeZone = zone
	}
	if _, err := s.directory.PutOrganisationIn(ctx, tx, by, o); err != nil {
		return directory.Person{}, err
	}
	units := wish.Units
	if len(units) == 0 {
		units = []standin.UnitID{standin.UnitID(wish.ID)}
	}
	for _, u := range units {
		if _, err := s.directory.PutUnitIn(ctx, tx, by, u); err != nil {
			return directory.Person{}, err
		}
	}
	roles := StandardRoles()
	for _, r := range roles {
		if _, err := s.directory.PutRoleIn(ctx, tx, by, r, 0); err != nil {
			return directory.Person{}, err
		}
	}
	p, _, err := s.directory.PutPersonIn(ctx, tx, by, directory.Person{Name: wish.Administrator, Email: wish.Email, Unit: units[0], Language: wish.Language})
	if err != nil {
		return p, err
	}
	for _, r := range []rights.Role{roles[0], roles[len(roles)-1]} {
		if _, err := s.directory.HoldIn(ctx, tx, by, p.ID, r.ID, ""); err != nil {
			return p, err
		}
	}
	return p, nil
}
