package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

const loginColumns = `organisation, id, person, token, factors, created_at, proved_at, seen_at, acted_at, chosen_at, renew_at, ends_at, ended_at, ended_how, ended_by, address, agent`

type scanner interface{ Scan(dest ...any) error }

func scanLogin(row scanner) (login, error) {
	var l login
	var factors string
	var created, proved, seen, acted, chosen, renew, ends, ended db.Time
	if err := row.Scan((*string)(&l.organisation), (*string)(&l.id), (*string)(&l.person), &l.token, &factors, &created, &proved, &seen, &acted, &chosen, &renew, &ends,
		&ended, &l.endedHow, (*string)(&l.endedBy), &l.origin.Address, &l.origin.Agent); err != nil {
		return l, err
	}
	l.createdAt, l.provedAt, l.seenAt, l.actedAt, l.endsAt, l.endedAt = created.Time, proved.Time, seen.Time, acted.Time, ends.Time, ended.Time
	l.chosenAt, l.renewAt = chosen.Time, renew.Time
	return l, json.Unmarshal([]byte(factors), &l.factors)
}

// hashed is what is stored of a token: tokens are random, so one SHA-256 is enough.
func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func signedOut() error {
	return standin.Refuse(standin.Unauthenticated, "signin.resolve", "signin.signed_out", "Please sign in.")
}

// byToken returns the login whose token it is, ended or not. Where the token is the one before, Conflict: whoever sends it
// looks at a page from before a switch, and it opens nothing (THREATS 27).
func byToken(ctx context.Context, tx *db.Tx, token string) (login, error) {
	if token == "" {
		return login{}, signedOut()
	}
	hash := hashed(token)
	l, err := scanLogin(tx.QueryRow(ctx, `SELECT `+loginColumns+` FROM logins WHERE token = $1`, hash))
	if !db.IsNotFound(err) {
		return l, err
	}
	if _, err := byFormer(ctx, tx, token); err != nil {
		return l, err
	}
	return l, standin.Refuse(standin.Conflict, "signin.resolve", "signin.switched", "You switched in another tab meanwhile. Load the page again.")
}

// byFormer returns the login that has not ended and whose token this was before the present one.
func byFormer(ctx context.Context, tx *db.Tx, token string) (login, error) {
	l, err := scanLogin(tx.QueryRow(ctx, `SELECT `+loginColumns+` FROM logins WHERE former = $1 AND ended_at IS NULL`, hashed(token)))
	if db.IsNotFound(err) {
		err = signedOut()
	}
	return l, err
}

// begin writes a new login of the person and its record, and returns its token. It touches nothing of other logins.
func (s *Signin) begin(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID, factors []string, token string,
	now time.Time, origin standin.Origin) (login, error) {
	origin = standin.Origin{Address: plain(origin.Address), Agent: plain(origin.Agent)}
	l := login{organisation: org, id: standin.LoginID(standin.NewID("l")), person: person, token: hashed(token), factors: factors,
		createdAt: now, provedAt: now, seenAt: now, endsAt: now.Add(s.options.Total), origin: origin}
	if _, err := tx.Exec(ctx, `INSERT INTO logins (organisation, id, person, token, former, factors, created_at, proved_at, seen_at, ends_at, ended_how, address, agent)
		VALUES ($1, $2, $3, $4, '', $5, $6, $6, $6, $7, '', $8, $9)`, string(org), string(l.id), string(person), l.token, string(ledger.State(factors)),
		standin.Micros(now), standin.Micros(l.endsAt), origin.Address, origin.Agent); err != nil {
		return l, err
	}
	if err := s.directory.SignedIn(ctx, tx, org, person, now); err != nil {
		return l, err
	}
	return l, s.record(ctx, tx, ledger.By(l.caller(origin)), now, "login.create", l.resource(), nil, l.state())
}

// plain is the text as every database can hold it: what browsers call themselves need not be text.
func plain(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
}

// rotate gives the login a new token; the old one opens nothing from the commit on.
func rotate(ctx context.Context, tx *db.Tx, l login, token string) (rotated login, err error) {
	n, err := tx.Exec(ctx, `UPDATE logins SET token = $3, former = token, renew_at = NULL WHERE organisation = $1 AND id = $2 AND token = $4 AND ended_at IS NULL`,
		string(l.organisation), string(l.id), hashed(token), l.token)
	if err == nil && n != 1 {
		err = signedOut()
	}
	l.token = hashed(token)
	return l, err
}

// renew rotates and records it in the person's own name, where no other record tells what the login is now.
func (s *Signin) renew(ctx context.Context, tx *db.Tx, l login, token string, now time.Time, origin standin.Origin) error {
	renewed, err := rotate(ctx, tx, l, token)
	if err != nil {
		return err
	}
	return s.record(ctx, tx, ledger.By(l.caller(origin)), now, "login.renew", l.resource(), l.state(), renewed.state())
}

// end ends the login, and what was acted in it, at once. It does nothing to one that has ended. by is who ends it.
func (s *Signin) end(ctx context.Context, tx *db.Tx, l login, by standin.Caller, at, now time.Time, how string) error {
	if !l.endedAt.IsZero() {
		return nil
	}
	ended := l
	if ended.endedAt, ended.endedHow = at, how; how == howOther {
		ended.endedBy = by.Actor
	}
	if _, err := tx.Exec(ctx, `UPDATE logins SET ended_at = $3, ended_how = $4, ended_by = $5 WHERE organisation = $1 AND id = $2`,
		string(l.organisation), string(l.id), standin.Micros(at), how, string(ended.endedBy)); err != nil {
		return err
	}
	if err := s.acting.EndLogin(ctx, tx, by, l.id, now); err != nil {
		return err
	}
	return s.record(ctx, tx, ledger.By(by), now, "login.end", l.resource(), l.state(), ended.state())
}

// open returns the person's logins that have not been ended.
func open(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID) (all []login, err error) {
	rows, err := tx.Query(ctx, `SELECT `+loginColumns+` FROM logins WHERE organisation = $1 AND person = $2 AND ended_at IS NULL ORDER BY created_at, id`,
		string(org), string(person))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scanLogin(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// Explain yields the state of every login, password and invitation of the organisation, as the last record of its resource
// should tell it. yield must not use the transaction.
func (s *Signin) Explain(ctx context.Context, tx *db.Tx, org standin.OrganisationID, yield func(resource string, state any) error) error {
	if err := explain(ctx, tx, func(row scanner) error {
		l, err := scanLogin(row)
		if err != nil {
			return err
		}
		return yield(l.resource(), l.state())
	}, `SELECT `+loginColumns+` FROM logins WHERE organisation = $1`, org); err != nil {
		return err
	}
	if err := explain(ctx, tx, func(row scanner) error {
		i, err := scanInvitation(row)
		if err != nil {
			return err
		}
		return yield(i.resource(), i.state())
	}, `SELECT `+invitationColumns+` FROM invitations WHERE organisation = $1`, org); err != nil {
		return err
	}
	return explain(ctx, tx, func(row scanner) error {
		p, err := scanPassword(row)
		if err != nil {
			return err
		}
		return yield(p.resource(), p.state())
	}, `SELECT `+passwordColumns+` FROM passwords WHERE organisation = $1`, org)
}

func explain(ctx context.Context, tx *db.Tx, do func(row scanner) error, query string, org standin.OrganisationID) error {
	rows, err := tx.Query(ctx, query, string(org))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
