package directory

import (
	"context"
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
	"github.com/standin-id/standin/rights"
)

const personColumns = `organisation, id, name, email, email_key, COALESCE(unit, ''), manager, time_zone, language, accepted_at, accepted_version,
	last_sign_in, inactive_at, active_since, created_at, version`

type scanner interface{ Scan(dest ...any) error }

// scanPerson reads personColumns; the second result is the stored key of the e-mail address.
func scanPerson(row scanner) (Person, string, error) {
	var p Person
	var key string
	var accepted, signedIn, inactive, since, created db.Time
	err := row.Scan((*string)(&p.Organisation), (*string)(&p.ID), &p.Name, &p.Email, &key, (*string)(&p.Unit), (*string)(&p.Manager), &p.TimeZone,
		&p.Language, &accepted, &p.AcceptedVersion, &signedIn, &inactive, &since, &created, &p.Version)
	p.AcceptedAt, p.LastSignIn, p.InactiveAt, p.ActiveSince, p.CreatedAt = accepted.Time, signedIn.Time, inactive.Time, since.Time, created.Time
	return p, key, err
}

// Person returns the person, active or not. Of other organisations none is known: NotFound.
func (d *Directory) Person(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.PersonID) (Person, error) {
	p, _, err := scanPerson(tx.QueryRow(ctx, `SELECT `+personColumns+` FROM people WHERE organisation = $1 AND id = $2`, string(org), string(id)))
	if db.IsNotFound(err) {
		return Person{}, unknownPerson(id)
	}
	return p, err
}

// PersonByEmail returns the person of whichever organisation whose address it is, in whatever case it was typed, for
// signing in. NotFound where there is none.
func (d *Directory) PersonByEmail(ctx context.Context, tx *db.Tx, email string) (Person, error) {
	_, key, err := names.Email(email)
	if err != nil {
		return Person{}, unknownPerson("")
	}
	p, _, err := scanPerson(tx.QueryRow(ctx, `SELECT `+personColumns+` FROM people WHERE email_key = $1`, key))
	if db.IsNotFound(err) {
		return Person{}, unknownPerson("")
	}
	return p, err
}

func unknownPerson(id standin.PersonID) error {
	return standin.Refuse(standin.NotFound, "directory.person", "directory.person_unknown", "There is no such person.").With("person", names.Excerpt(string(id))).On("person")
}

// Organisation returns the organisation with its settings.
func (d *Directory) Organisation(ctx context.Context, tx *db.Tx, id standin.OrganisationID) (Organisation, error) {
	o := Organisation{ID: id}
	var settings string
	var created db.Time
	err := tx.QueryRow(ctx, `SELECT name, settings, guardrails, created_at, version FROM organisations WHERE id = $1`, string(id)).
		Scan(&o.Name, &settings, &o.Guardrails, &created, &o.Version)
	if db.IsNotFound(err) {
		return o, standin.Refuse(standin.NotFound, "directory.organisation", "directory.organisation_unknown", "There is no such organisation.").On("organisation")
	}
	if err != nil {
		return o, err
	}
	o.CreatedAt = created.Time
	return o, json.Unmarshal([]byte(settings), &o.Settings)
}

// Role returns the role.
func (d *Directory) Role(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.RoleID) (Role, error) {
	r, err := scanRole(tx.QueryRow(ctx, `SELECT `+roleColumns+` FROM roles WHERE organisation = $1 AND id = $2`, string(org), string(id)))
	if db.IsNotFound(err) {
		return r, standin.Refuse(standin.NotFound, "directory.role", "directory.role_unknown", `There is no role "{role}".`).With("role", names.Excerpt(string(id))).On("role")
	}
	return r, err
}

const roleColumns = `organisation, id, name, rank, allow, created_at, version`

func scanRole(row scanner) (Role, error) {
	var r Role
	var allow string
	var rank int64
	var created db.Time
	if err := row.Scan((*string)(&r.Organisation), (*string)(&r.ID), &r.Name, &rank, &allow, &created, &r.Version); err != nil {
		return r, err
	}
	r.Rank, r.CreatedAt = int(rank), created.Time
	return r, json.Unmarshal([]byte(allow), &r.Allow)
}

// Holdings returns the roles that the person holds, each at its unit ("own unit" already being the person's), in order
// of role and unit.
func (d *Directory) Holdings(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.PersonID) ([]rights.Holding, error) {
	_, _, held, err := d.held(ctx, tx, org, id)
	return held, err
}

// Powers returns what the person may do in Standin itself, by the roles they hold now. An inactive person may nothing.
func (d *Directory) Powers(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.PersonID) (rights.Powers, error) {
	_, inactive, held, err := d.held(ctx, tx, org, id)
	if err != nil || !inactive.IsZero() {
		return rights.Powers{}, err
	}
	return rights.Compile(held), nil
}

func (d *Directory) held(ctx context.Context, tx *db.Tx, org standin.OrganisationID, id standin.PersonID) (
	own standin.UnitID, inactive time.Time, held []rights.Holding, err error) {
	rows, err := tx.Query(ctx, `SELECT COALESCE(p.unit, ''), p.inactive_at, COALESCE(h.unit, ''), COALESCE(r.id, ''), COALESCE(r.name, ''), COALESCE(r.rank, 0), COALESCE(r.allow, '')
		FROM people p
		LEFT JOIN holdings h ON h.organisation = p.organisation AND h.person = p.id
		LEFT JOIN roles r ON r.organisation = h.organisation AND r.id = h.role
		WHERE p.organisation = $1 AND p.id = $2 ORDER BY h.role, h.unit`, string(org), string(id))
	if err != nil {
		return "", time.Time{}, nil, err
	}
	defer rows.Close()
	known := false
	for rows.Next() {
		var since db.Time
		var h rights.Holding
		var rank int64
		var allow string
		if err := rows.Scan((*string)(&own), &since, (*string)(&h.Unit), (*string)(&h.Role.ID), &h.Role.Name, &rank, &allow); err != nil {
			return "", time.Time{}, nil, err
		}
		known, inactive = true, since.Time
		if h.Role.ID == "" {
			continue
		}
		if h.Unit == "" {
			h.Unit = own
		}
		h.Role.Rank = int(rank)
		if err := json.Unmarshal([]byte(allow), &h.Role.Allow); err != nil {
			return "", time.Time{}, nil, err
		}
		held = append(held, h)
	}
	if err := rows.Err(); err != nil {
		return "", time.Time{}, nil, err
	}
	if !known {
		return "", time.Time{}, nil, unknownPerson(id)
	}
	return own, inactive, held, nil
}
