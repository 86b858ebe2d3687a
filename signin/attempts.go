package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory/names"
)

// A limit says how often something may fail before each further try must wait, first for a short while, then twice as
// long each time, up to longestWait. Nobody is locked out by somebody else's tries from elsewhere: where a person signed in
// lately, only the tries from there make them wait.
type limit struct {
	kind  string
	free  int64
	first time.Duration
}

var limits = [...]limit{
	{"both", 5, 5 * time.Second},     // one person, from one address
	{"email", 25, 30 * time.Second},  // one person, from wherever they did not sign in lately
	{"address", 60, 5 * time.Second}, // anybody, from one address
}

const (
	longestWait = 15 * time.Minute
	forgotten   = 24 * time.Hour // after the last failure
	lately      = 30 * 24 * time.Hour
)

// wait returns for how long the next try is refused after so many failures.
func (l limit) wait(failures int64) time.Duration {
	if failures < l.free {
		return 0
	}
	return min(longestWait, l.first<<min(failures-l.free, 20))
}

// subjects are whose failures are counted, in the order of limits. They are hashes: what strangers type is not kept.
func subjects(email string, origin standin.Origin) [len(limits)]string {
	key, ok := names.EmailKey(email)
	if !ok {
		key = email
	}
	address := origin.Network()
	var all [len(limits)]string
	for i, part := range [...]string{key + "\x00" + address, key, address} {
		sum := sha256.Sum256([]byte(limits[i].kind + "\x00" + part))
		all[i] = limits[i].kind + ":" + hex.EncodeToString(sum[:])
	}
	return all
}

// tryOnce counts a try as failed before it is made, so that parallel ones count too; forget takes it back. Where one has
// to wait it refuses with TooMany and "until", known or not who is meant.
func (s *Signin) tryOnce(ctx context.Context, email string, origin standin.Origin) error {
	return s.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(s.now)
		familiar, err := s.familiar(ctx, tx, email, origin, now)
		if err != nil {
			return err
		}
		for i, subject := range subjects(email, origin) {
			if familiar && limits[i].kind == "email" {
				continue
			}
			failures, err := count(ctx, tx, subject, now)
			if err != nil {
				return err
			}
			if wait := limits[i].wait(failures); wait > 0 {
				if _, err := tx.Exec(ctx, `UPDATE attempts SET until = $2 WHERE subject = $1`, subject, standin.Micros(now.Add(wait))); err != nil {
					return err
				}
			}
			if failures > 1 {
				continue
			}
			if _, err := tx.Exec(ctx, `DELETE FROM attempts WHERE since < $1`, standin.Micros(now.Add(-forgotten))); err != nil {
				return err
			}
		}
		return nil
	})
}

// familiar reports whether the person signed in lately from that network. For an address that nobody has it asks as much.
func (s *Signin) familiar(ctx context.Context, tx *db.Tx, email string, origin standin.Origin, now time.Time) (yes bool, err error) {
	p, err := s.directory.PersonByEmail(ctx, tx, email)
	if err != nil && !db.IsNotFound(err) {
		return false, err
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT address FROM logins WHERE organisation = $1 AND person = $2 AND created_at > $3`,
		string(p.Organisation), string(p.ID), standin.Micros(now.Add(-lately)))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	here := origin.Network()
	for rows.Next() {
		var address string
		if err := rows.Scan(&address); err != nil {
			return false, err
		}
		yes = yes || (standin.Origin{Address: address}).Network() == here
	}
	return yes, rows.Err()
}

// count adds one failure of the subject and holds its row, unless tries have to wait.
func count(ctx context.Context, tx *db.Tx, subject string, now time.Time) (failures int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO attempts (subject, failures, since, until) VALUES ($1, 1, $2, CAST(NULL AS BIGINT))
		ON CONFLICT (subject) DO UPDATE SET failures = CASE WHEN attempts.since < $3 THEN 1 ELSE attempts.failures + 1 END,
			since = excluded.since, until = CAST(NULL AS BIGINT)
		WHERE attempts.until IS NULL OR attempts.until <= $2
		RETURNING failures`, subject, standin.Micros(now), standin.Micros(now.Add(-forgotten))).Scan(&failures)
	if !db.IsNotFound(err) {
		return failures, err
	}
	var blocked db.Time
	if err := tx.QueryRow(ctx, `SELECT until FROM attempts WHERE subject = $1`, subject).Scan(&blocked); err != nil {
		return 0, err
	}
	until := blocked.Time
	return 0, standin.Refuse(standin.TooMany, "signin.password", "signin.too_many", "Too many tries. Try again at {until}.").
		With("until", until.Format(time.RFC3339)).With("seconds", int64((until.Sub(now)+time.Second-1)/time.Second))
}

// forget takes the try back that turned out right: with it, what was counted against this person is forgotten; against
// the network address it is one less.
func forget(ctx context.Context, tx *db.Tx, email string, origin standin.Origin) error {
	all := subjects(email, origin)
	for _, subject := range all[:2] {
		if _, err := tx.Exec(ctx, `DELETE FROM attempts WHERE subject = $1`, subject); err != nil {
			return err
		}
	}
	return forgetLink(ctx, tx, origin)
}

// tryLink is tryOnce for a link, which says nothing of who is meant before it is known: the network address alone counts.
func (s *Signin) tryLink(ctx context.Context, origin standin.Origin) error {
	return s.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, anybody := standin.Now(s.now), len(limits)-1
		subject := subjects("", origin)[anybody]
		failures, err := count(ctx, tx, subject, now)
		if err != nil {
			return err
		}
		if wait := limits[anybody].wait(failures); wait > 0 {
			_, err = tx.Exec(ctx, `UPDATE attempts SET until = $2 WHERE subject = $1`, subject, standin.Micros(now.Add(wait)))
		}
		return err
	})
}

// forgetLink takes the try back whose link worked.
func forgetLink(ctx context.Context, tx *db.Tx, origin standin.Origin) error {
	_, err := tx.Exec(ctx, `UPDATE attempts SET failures = failures - 1, until = CAST(NULL AS BIGINT) WHERE subject = $1 AND failures > 0`,
		subjects("", origin)[len(limits)-1])
	return err
}
