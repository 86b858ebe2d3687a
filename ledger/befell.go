package ledger

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Befell returns to which of the resources the action was done at some time, however many they are.
func (l *Ledger) Befell(ctx context.Context, tx *db.Tx, org standin.OrganisationID, action string, resources []string) (map[string]bool, error) {
	found := map[string]bool{}
	for part := range slices.Chunk(resources, 400) {
		args := []any{string(org), action, string(Done)}
		for _, r := range part {
			args = append(args, r)
		}
		rows, err := tx.Query(ctx, `SELECT DISTINCT resource FROM records WHERE organisation = $1 AND action || '' = $2 AND outcome = $3
			AND resource IN (`+placeholders(4, len(part))+`)`, args...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var resource string
			if err := rows.Scan(&resource); err != nil {
				rows.Close()
				return nil, err
			}
			found[resource] = true
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return found, nil
}
