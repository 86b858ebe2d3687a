package ledger

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// order names the tree of the whole installation's order where an organisation names its own. Its leaves say which
// record has which position, so that followers' order is as certain as the records, and one checkpoint covers all.
const order standin.OrganisationID = ""

// An edge is what must be known of a tree (RFC 6962 §2.1) to let it grow: the hashes of its largest whole subtrees from
// left to right.
type edge struct {
	size   int64
	hashes []tlog.Hash
}

// A node is the hash of a whole subtree at its index in tlog's order.
type node struct {
	place int64
	hash  tlog.Hash
}

// add appends a leaf's hash and returns the subtrees above the leaf that it completed.
func (e *edge) add(leaf tlog.Hash) ([]node, error) {
	kept := len(e.hashes)
	hashes, err := tlog.StoredHashesForRecordHash(e.size, leaf, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		kept -= len(indexes)
		return e.hashes[kept:], nil
	}))
	if err != nil {
		return nil, err
	}
	nodes := make([]node, len(hashes)-1)
	for i, h := range hashes[1:] {
		nodes[i] = node{tlog.StoredHashIndex(i+1, e.size>>(i+1)), h}
	}
	e.hashes = append(e.hashes[:kept], hashes[len(hashes)-1])
	e.size++
	return nodes, nil
}

// root returns the tree's hash.
func (e *edge) root() (tlog.Hash, error) {
	return tlog.TreeHash(e.size, tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return e.hashes, nil }))
}

// readEdge reads the edge of the tree as it was at size.
func readEdge(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, size int64) (*edge, error) {
	e := &edge{size: size}
	_, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var err error
		e.hashes, err = readHashes(ctx, tx, organisation, indexes)
		return e.hashes, err
	}))
	return e, err
}

// readHashes reads a tree's hashes at tlog's indexes. A hash that is not there is an error of what is stored.
func readHashes(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		var err error
		switch {
		case level > 0:
			hashes[i], err = readHash(ctx, tx, `SELECT hash FROM hashes WHERE organisation = $1 AND place = $2`, string(organisation), index)
		case organisation == order:
			hashes[i], err = readOrderHash(ctx, tx, n)
		default:
			hashes[i], err = readHash(ctx, tx, `SELECT hash FROM leaves WHERE organisation = $1 AND sequence = $2`, string(organisation), n)
		}
		if err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

func readHash(ctx context.Context, tx *db.Tx, query string, args ...any) (tlog.Hash, error) {
	var s string
	if err := tx.QueryRow(ctx, query, args...).Scan(&s); err != nil {
		if db.IsNotFound(err) {
			return tlog.Hash{}, damaged("a hash of the tree is missing: %v", args)
		}
		return tlog.Hash{}, err
	}
	h, err := tlog.ParseHash(s)
	if err != nil {
		return tlog.Hash{}, damaged("a hash of the tree cannot be read: %v", args)
	}
	return h, nil
}

func readOrderHash(ctx context.Context, tx *db.Tx, position int64) (tlog.Hash, error) {
	var organisation, s string
	var sequence int64
	err := tx.QueryRow(ctx, `SELECT organisation, sequence, hash FROM leaves WHERE position = $1`, position).Scan(&organisation, &sequence, &s)
	if db.IsNotFound(err) {
		return tlog.Hash{}, damaged("position %d is missing", position)
	}
	if err != nil {
		return tlog.Hash{}, err
	}
	h, err := tlog.ParseHash(s)
	if err != nil {
		return tlog.Hash{}, damaged("the hash at position %d cannot be read", position)
	}
	return tlog.RecordHash(orderLeaf(standin.OrganisationID(organisation), sequence, h)), nil
}

// damaged says that what the database holds of the ledger cannot be what was written.
func damaged(format string, args ...any) error {
	return standin.Refuse(standin.Internal, "ledger", "ledger.damaged", "The record is damaged: {how}. Run standin audit verify.").
		With("how", fmt.Sprintf(format, args...))
}

// placeholders returns "$first, $first+1, …", n of them.
func placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}
