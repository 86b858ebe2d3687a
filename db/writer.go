package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/standin-id/standin"
)

// A writer is the one connection that changes a SQLite database. Functions that wait while a commit is being synced run
// together in the next transaction, each under its savepoint, and are acknowledged together after its one sync: group
// commit. A caller's cancellation never reaches the connection; once a function has begun, its caller waits for the end.
type writer struct {
	dialect dialect
	conn    *sql.Conn
	queue   chan *change
	stopped chan struct{}
	mu      sync.RWMutex
	closed  bool
}

const batchLimit = 256

// A change is one function waiting for its turn, and how it went.
type change struct {
	ctx    context.Context
	fn     func(context.Context, *Tx) error
	err    error
	panics any
	ran    bool
	done   chan struct{}
}

func startWriter(dl dialect, conn *sql.Conn) *writer {
	w := &writer{dialect: dl, conn: conn, queue: make(chan *change, batchLimit), stopped: make(chan struct{})}
	go w.run()
	return w
}

func (w *writer) stop() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.stopped
}

// do runs fn in the writer and returns when it is durable or was not done.
func (w *writer) do(ctx context.Context, fn func(context.Context, *Tx) error) error {
	c := &change{ctx: ctx, fn: fn, done: make(chan struct{})}
	if err := w.enqueue(c); err != nil {
		return err
	}
	<-c.done
	if c.panics != nil {
		panic(c.panics)
	}
	return c.err
}

func (w *writer) enqueue(c *change) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return sql.ErrConnDone
	}
	select {
	case w.queue <- c:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	defer w.conn.Close()
	for first := range w.queue {
		batch := []*change{first}
		for more := true; more && len(batch) < batchLimit; {
			select {
			case next, open := <-w.queue:
				if more = open; open {
					batch = append(batch, next)
				}
			default:
				more = false
			}
		}
		if !w.commit(batch) && len(batch) > 1 {
			for _, c := range batch {
				c.err, c.panics = nil, nil
				w.commit([]*change{c})
			}
		}
		for _, c := range batch {
			close(c.done)
		}
	}
}

// commit runs the batch in one transaction. It returns false when the transaction itself was lost, so that nothing of
// the batch was done: every change of it then has the error.
func (w *writer) commit(batch []*change) bool {
	ctx := context.Background()
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return w.lose(batch, err)
	}
	for _, c := range batch {
		if c.err = c.ctx.Err(); c.err != nil {
			continue
		}
		if err := w.runOne(c); err != nil {
			return w.lose(batch, err)
		}
	}
	if _, err := w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return w.lose(batch, err)
	}
	return true
}

// runOne runs one change under a savepoint. Its own error stays with it; the error returned is the transaction's.
func (w *writer) runOne(c *change) error {
	ctx := context.WithoutCancel(c.ctx)
	if _, err := w.conn.ExecContext(ctx, "SAVEPOINT change"); err != nil {
		return err
	}
	func() {
		defer func() {
			if p := recover(); p != nil {
				c.panics, c.err = p, fmt.Errorf("panic: %v", p)
			}
		}()
		c.err = c.fn(ctx, &Tx{q: w.conn, dialect: &w.dialect})
	}()
	if c.err != nil {
		if _, err := w.conn.ExecContext(ctx, "ROLLBACK TO change"); err != nil {
			return c.err // SQLite gave up the whole transaction: a full disk, an I/O error
		}
	}
	_, err := w.conn.ExecContext(ctx, "RELEASE change")
	return err
}

func (w *writer) lose(batch []*change, err error) bool {
	w.conn.ExecContext(context.Background(), "ROLLBACK") // there may be nothing left to roll back
	for _, c := range batch {
		if c.err == nil || standin.KindOf(c.err) == standin.Internal {
			c.err = err
		}
	}
	return false
}
