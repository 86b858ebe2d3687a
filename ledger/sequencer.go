package ledger

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

const (
	lease      = 2 * time.Second        // how long a sequencer that died keeps others waiting
	longest    = 3 * lease              // a lease that lasts longer was taken by a clock that was wrong, and binds nobody
	pace       = 200 * time.Millisecond // how often a busy tree is signed
	poll       = 250 * time.Millisecond // how often other processes' records are looked for
	batchLimit = 1000
)

// Sequencer gives waiting records their places and signs what the trees have become. Any number may run on one database:
// the one that holds the lease works, the others watch. The lease is renewed within each of its transactions, and keys
// keep two of them from giving the same place.
//
// Places follow the records' ids, which grow with each record of a process, whatever the clock of their use case said.
type Sequencer struct {
	ledger *Ledger
	key    Key
	log    *slog.Logger
	holder string
	mu     sync.Mutex
	signed int64 // the size of the installation's order when this sequencer last signed it
}

// NewSequencer returns a sequencer that signs with key. Run or Flush starts it.
func NewSequencer(l *Ledger, key Key, log *slog.Logger) *Sequencer {
	return &Sequencer{ledger: l, key: key, log: log, holder: standin.NewID("q")}
}

// Run works until ctx ends, and then returns nil; Flush finishes what is left. It waits out a database that does not
// answer. It returns an error, and must not be started again unseen, where the record is damaged, went back behind what
// it signed, or was signed with another key.
func (s *Sequencer) Run(ctx context.Context) error {
	told, stop := s.ledger.db.Committed()
	defer stop()
	for ctx.Err() == nil {
		begun := time.Now()
		placed, _, err := s.step(ctx)
		pause, wake := poll, told
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && standin.KindOf(err) != standin.Unavailable:
			return err
		case err != nil:
			s.log.Warn("the sequencer waits for the database", "error", err)
			pause, wake = time.Second, nil
		case placed == batchLimit:
			continue
		case placed > 0:
			pause, wake = pace-time.Since(begun), nil
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(pause):
		}
	}
	return nil
}

// Flush returns when every record that waited when it was called has its place, whoever gave it, and lets go of the
// lease.
func (s *Sequencer) Flush(ctx context.Context) error {
	for {
		placed, held, err := s.step(ctx)
		if err != nil {
			return err
		}
		if held && placed < batchLimit {
			return s.release(ctx)
		}
		if held {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pace / 4):
		}
	}
}

// step places at most one batch. It returns how many records that was, and false where there are some that another
// sequencer must place.
func (s *Sequencer) step(ctx context.Context) (placed int, held bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := standin.Now(s.ledger.now)
	var waiting, elsewhere bool
	err = s.ledger.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		waiting, elsewhere, err = s.look(ctx, tx, now)
		return err
	})
	if err != nil || !waiting || elsewhere {
		return 0, !waiting, err
	}
	var size int64
	err = s.ledger.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		placed, size = 0, s.signed
		var err error
		if held, err = s.hold(ctx, tx, now); err != nil || !held {
			return err
		}
		placed, size, err = s.place(ctx, tx, now)
		return err
	})
	if err != nil {
		return 0, true, err
	}
	s.signed = size
	return placed, held, nil
}

// look reports whether a record waits, and whether another sequencer is at work.
func (s *Sequencer) look(ctx context.Context, tx *db.Tx, now time.Time) (waiting, elsewhere bool, err error) {
	var id, holder string
	err = tx.QueryRow(ctx, `SELECT id FROM waiting LIMIT 1`).Scan(&id)
	if db.IsNotFound(err) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	err = tx.QueryRow(ctx, `SELECT holder FROM sequencer WHERE one = 1 AND until > $1 AND until <= $2`,
		standin.Micros(now), standin.Micros(now.Add(longest))).Scan(&holder)
	if db.IsNotFound(err) {
		return true, false, nil
	}
	return true, holder != s.holder, err
}

// hold takes or renews the lease. Until the transaction ends nobody else can.
func (s *Sequencer) hold(ctx context.Context, tx *db.Tx, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO sequencer (one, holder, until) VALUES (1, $1, $2)
		ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE sequencer.holder = excluded.holder OR sequencer.until <= $3 OR sequencer.until > $4`,
		s.holder, standin.Micros(now.Add(lease)), standin.Micros(now), standin.Micros(now.Add(longest)))
	return n == 1, err
}

func (s *Sequencer) release(ctx context.Context) error {
	return s.ledger.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM sequencer WHERE holder = $1`, s.holder)
		return err
	})
}

// place gives the oldest waiting records their places and signs the trees that grew. It returns how many records those
// are and how many the installation has.
func (s *Sequencer) place(ctx context.Context, tx *db.Tx, now time.Time) (int, int64, error) {
	records, err := readWaiting(ctx, tx, batchLimit)
	if err != nil || len(records) == 0 {
		return 0, s.signed, err
	}
	whole, err := s.open(ctx, tx, order)
	if err != nil {
		return 0, 0, err
	}
	if whole.size < s.signed {
		return 0, 0, damaged("it holds %d records where %d were signed", whole.size, s.signed)
	}
	trees := map[standin.OrganisationID]*tree{}
	changed := []*tree{whole}
	leaves := make([]any, 0, 5*len(records))
	for _, r := range records {
		t := trees[r.organisation]
		if t == nil {
			if t, err = s.open(ctx, tx, r.organisation); err != nil {
				return 0, 0, err
			}
			trees[r.organisation] = t
			changed = append(changed, t)
		}
		leaves = append(leaves, string(r.organisation), t.size, whole.size, string(r.id), r.hash.String())
		if err := whole.grow(tlog.RecordHash(orderLeaf(r.organisation, t.size, r.hash))); err != nil {
			return 0, 0, err
		}
		if err := t.grow(r.hash); err != nil {
			return 0, 0, err
		}
	}
	if err := tx.Insert(ctx, intoLeaves, leaves); err != nil {
		return 0, 0, err
	}
	if err := s.sign(ctx, tx, changed, now); err != nil {
		return 0, 0, err
	}
	return len(records), whole.size, forget(ctx, tx, records)
}

// A tree is one that grows in a batch.
type tree struct {
	organisation standin.OrganisationID
	edge
	covered int64 // the size that its last checkpoint has
	hashes  []any // to insert
}

// open reads where a tree ends, and that this is what was signed last.
func (s *Sequencer) open(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (*tree, error) {
	t := &tree{organisation: organisation}
	text, err := lastCheckpoint(ctx, tx, organisation)
	if err != nil || text == "" {
		return t, err
	}
	c, err := openCheckpoint(text, s.key.Verifier())
	if err != nil {
		return nil, standin.Refuse(standin.Internal, "ledger.sequence", "ledger.other_key",
			"The last checkpoint of {tree} was not signed with the key in the keys file of {name}. Start with the keys file that belongs to this database.").
			With("tree", origin(s.key.name, organisation)).With("name", s.key.name).Because(err)
	}
	e, err := readEdge(ctx, tx, organisation, c.Size)
	if err != nil {
		return nil, err
	}
	root, err := e.root()
	if err != nil {
		return nil, err
	}
	if root != c.Root || c.Origin != origin(s.key.name, organisation) {
		return nil, damaged("the tree of %q is not what was signed at %d records", organisation, c.Size)
	}
	t.edge, t.covered = *e, c.Size
	return t, nil
}

func (t *tree) grow(leaf tlog.Hash) error {
	nodes, err := t.add(leaf)
	for _, n := range nodes {
		t.hashes = append(t.hashes, string(t.organisation), n.place, n.hash.String())
	}
	return err
}

// sign writes what the trees have become, hashes and checkpoints.
func (s *Sequencer) sign(ctx context.Context, tx *db.Tx, trees []*tree, now time.Time) error {
	var hashes, checkpoints []any
	for _, t := range trees {
		root, err := t.root()
		if err != nil {
			return err
		}
		c := Checkpoint{Origin: origin(s.key.name, t.organisation), Size: t.size, Root: root, At: now, Previous: t.covered}
		if err := c.sign(s.key); err != nil {
			return err
		}
		hashes = append(hashes, t.hashes...)
		checkpoints = append(checkpoints, string(t.organisation), t.size, standin.Micros(now), c.Note)
	}
	if err := tx.Insert(ctx, intoHashes, hashes); err != nil {
		return err
	}
	return tx.Insert(ctx, intoCheckpoints, checkpoints)
}

var (
	intoLeaves      = db.NewInto("leaves", "organisation TEXT, sequence BIGINT, position BIGINT, record TEXT, hash TEXT")
	intoHashes      = db.NewInto("hashes", "organisation TEXT, place BIGINT, hash TEXT")
	intoCheckpoints = db.NewInto("checkpoints", "organisation TEXT, size BIGINT, at BIGINT, note TEXT")
)

// waiting is a record that has no place yet.
type waiting struct {
	id           standin.RecordID
	organisation standin.OrganisationID
	hash         tlog.Hash
}

// readWaiting reads the oldest records that wait, in the order of their ids.
func readWaiting(ctx context.Context, tx *db.Tx, limit int) ([]waiting, error) {
	rows, err := tx.Query(ctx, `SELECT id, organisation, hash FROM waiting ORDER BY id, organisation LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []waiting
	for rows.Next() {
		var w waiting
		var hash string
		if err := rows.Scan(&w.id, &w.organisation, &hash); err != nil {
			return nil, err
		}
		if w.hash, err = tlog.ParseHash(hash); err != nil || w.organisation == order {
			return nil, damaged("record %s cannot be placed", w.id)
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

// forget removes the records from those that wait.
func forget(ctx context.Context, tx *db.Tx, records []waiting) error {
	const most = 200
	for len(records) > 0 {
		n := min(most, len(records))
		ids := make([]string, n)
		for i, r := range records[:n] {
			ids[i] = string(r.id)
		}
		one, args := tx.OneOf(1, ids)
		if _, err := tx.Exec(ctx, `DELETE FROM waiting WHERE id `+one, args...); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}
