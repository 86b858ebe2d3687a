package world

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/signin"
)

const (
	// operator is the command that records name as their actor.
	operator = "apply"
	// manyAtOnce is how many things are done in one transaction.
	manyAtOnce = 100
	// hashing is how many passwords are hashed at once, each in some 20 MB of memory.
	hashing = 2
)

// Apply does what the plan says, some hundred things a transaction, each with its record, and tells progress how many of
// all are done. Where it fails, what it told as done is done and durable; planning and applying again does the rest. What
// changed since the plan was made is refused as a Conflict, never overwritten.
func (w *World) Apply(ctx context.Context, p *Plan, progress func(done, total int)) error {
	done := 0
	if progress == nil {
		progress = func(int, int) {}
	}
	progress(done, len(p.steps))
	for batch := range slices.Chunk(p.steps, w.atOnce) {
		hashes, err := w.hash(ctx, batch)
		if err != nil {
			return err
		}
		if err := w.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
			for i, s := range batch {
				if err := s.do(ctx, tx, standin.OperatorCaller(s.organisation, operator), hashes[i]); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		done += len(batch)
		progress(done, len(p.steps))
	}
	return nil
}

// hash hashes the batch's passwords, several at once, before the transaction begins.
func (w *World) hash(ctx context.Context, batch []step) ([]signin.PasswordHash, error) {
	hashes := make([]signin.PasswordHash, len(batch))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(hashing)
	for i, s := range batch {
		if s.password == "" {
			continue
		}
		group.Go(func() (err error) {
			hashes[i], err = w.signin.Hash(ctx, s.password)
			return err
		})
	}
	return hashes, group.Wait()
}
