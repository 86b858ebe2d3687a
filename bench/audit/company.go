// Package audit measures how long a page of the audit record takes when the record is large. It refuses to say whether
// that is quick enough: it reports each filter beside the reading of one record by its id, in the same run.
package audit

import (
	"context"
	"fmt"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

const (
	acme standin.OrganisationID = "acme"

	// began is the instant of the first record; they are a third of a second apart, so that ten million fill some months.
	began int64 = 1_750_000_000_000_000
	apart int64 = 333_333
)

// at is the instant of the n-th record.
func at(n int64) int64 { return began + n*apart }

// person is a person's id. The few of the upper numbers do nothing on their own but what rare says.
func person(n int) standin.PersonID { return standin.PersonID(fmt.Sprintf("p-%05d", n)) }

// fill writes n records of one organisation by SQL alone, with their places, and the indexes afterwards: that takes
// minutes where appending them one by one takes hours. They are what a company leaves behind in which 10,000 people work
// and one in five records is of somebody acting for another; the first of each ten thousand is rare in every way. Their
// hashes are of the right size and of nothing, so no verification may be measured on them.
func fill(ctx context.Context, d *db.DB, n int64) error {
	indexes, err := dropIndexes(ctx, d)
	if err != nil {
		return err
	}
	const atOnce = 100_000
	for from := int64(0); from < n; from += atOnce {
		until := min(from+atOnce, n)
		err := d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, records, from, until, began, apart); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, leaves, from, until)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, index := range append(indexes, "ANALYZE") {
		err := d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, index)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rows are the numbers from $1 to $2. id is a number as text of nine digits.
const (
	rows = `WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST($2 AS BIGINT))`
	id   = `substr(CAST(1000000000 + i AS TEXT), 2)`
	who  = `substr(CAST(100000 + (i * 7919) % 8999 AS TEXT), 2)`
	whom = `substr(CAST(100000 + (i * 104729) % 8999 AS TEXT), 2)`
)

var records = rows + ` INSERT INTO records (organisation, id, at, actor, principal, session, delegation, action, resource, outcome,
		reasons, commitment, salt, address, agent, before_state, after_state)
	SELECT 'acme', 'r-' || ` + id + `, CAST($3 AS BIGINT) + i * CAST($4 AS BIGINT),
		CASE WHEN i % 10000 = 0 THEN 'person:p-09500' ELSE 'person:p-' || ` + who + ` END,
		CASE WHEN i % 10000 = 0 THEN 'p-09501' WHEN i % 5 = 1 THEN 'p-' || ` + whom + ` ELSE '' END,
		CASE WHEN i % 5 = 1 THEN 's-' || CAST(i / 100 AS TEXT) ELSE '' END,
		CASE WHEN i % 10000 = 0 THEN 'd-rare' WHEN i % 5 = 1 THEN 'd-' || CAST((i * 7919) % 49999 AS TEXT) ELSE '' END,
		CASE WHEN i % 10000 = 0 THEN 'guardrail.change' WHEN i % 5 = 1 THEN 'acting.start' WHEN i % 5 = 2 THEN 'delegation.change'
			WHEN i % 5 = 3 THEN 'delegation.create' WHEN i % 50 = 0 THEN 'login.refuse' ELSE 'login.create' END,
		CASE WHEN i % 5 = 2 OR i % 5 = 3 THEN 'delegation:d-' || CAST((i * 7919) % 49999 AS TEXT) ELSE 'person:p-' || ` + who + ` END,
		CASE WHEN i % 50 = 0 THEN 'refused' ELSE 'done' END,
		'[]', 'c-cccccccccccccccccccccccccccccccccccccccccccc', 's-ssssssssssssssssssssssssss', '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64)',
		CASE WHEN i % 5 = 2 THEN '{"actor":"p-1","principal":"p-2","purpose":"annual leave","version":1}' END,
		CASE WHEN i % 5 = 2 OR i % 5 = 3 THEN '{"actor":"p-1","principal":"p-2","purpose":"annual leave","version":2}' END
	FROM n`

var leaves = rows + ` INSERT INTO leaves (organisation, sequence, position, record, hash)
	SELECT 'acme', i, i, 'r-' || ` + id + `, 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh' FROM n`

// dropIndexes drops the indexes of the records that are not keys, and returns what makes them again.
func dropIndexes(ctx context.Context, d *db.DB) (again []string, err error) {
	err = d.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		again = nil
		query := `SELECT name, sql FROM sqlite_master WHERE tbl_name = 'records' AND type = 'index' AND sql IS NOT NULL`
		if d.Dialect() == "postgres" {
			query = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'records' AND indexname <> 'records_pkey'`
		}
		rows, err := tx.Query(ctx, query)
		if err != nil {
			return err
		}
		var names []string
		for rows.Next() {
			var name, text string
			if err := rows.Scan(&name, &text); err != nil {
				rows.Close()
				return err
			}
			names, again = append(names, name), append(again, strings.TrimSpace(text))
		}
		rows.Close()
		for _, name := range names {
			if _, err := tx.Exec(ctx, "DROP INDEX "+name); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return again, err
}
