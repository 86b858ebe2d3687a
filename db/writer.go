package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"sync/atomic"
)

// A writer is the one connection that changes a SQLite database. Functions that wait while a commit is being synced run
// together in the next transaction, each under its savepoint, and are acknowledged together after its one sync: group
// commit. Each runs in its caller's goroutine, one after the other, so that one that panics takes nobody with it. A
// caller's cancellation never reaches the connection: it withdraws a function that has not begun, and nothing else.
type writer struct {
	dialect *dialect
	pool    *sql.DB
	conn    *prepared // nil after a transaction was lost; used by whoever has the turn
	intact  func(during bool) error
	gone    error // what intact once found; only a start anew gets over it
	queue   chan *change
	stopped chan struct{}
	mu      sync.RWMutex
	closed  bool
}

const batchLimit = 256

// A change is one function waiting for its turn, and how it went.
type change struct {
	ctx   context.Context
	fn    func(context.Context, *Tx) error
	err   error         // what the function, or the transaction, came to
	taken atomic.Bool   // by the writer, which runs it, or by the caller, who withdraws it
	begun bool          // the writer took it
	gone  bool          // its goroutine panicked or exited: it is not run again
	turn  chan *Tx      // the caller may run it in this transaction
	ran   chan struct{} // the caller has run it
	done  chan struct{} // closed when it is durable or was not done
}

func startWriter(dl *dialect, pool *sql.DB, conn *sql.Conn, intact func(during bool) error) *writer {
	w := &writer{dialect: dl, pool: pool, conn: keep(conn), intact: intact, queue: make(chan *change, batchLimit), stopped: make(chan struct{})}
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

// do runs fn in a transaction of the writer and returns when it is durable or was not done.
func (w *writer) do(ctx context.Context, fn func(context.Context, *Tx) error) error {
	c := &change{ctx: ctx, fn: fn, turn: make(chan *Tx), ran: make(chan struct{}), done: make(chan struct{})}
	if err := w.enqueue(c); err != nil {
		return err
	}
	cancelled := ctx.Done()
	for {
		select {
		case tx := <-c.turn:
			c.run(tx)
		case <-c.done:
			return c.err
		case <-cancelled:
			if !c.taken.Swap(true) {
				return ctx.Err()
			}
			cancelled = nil // it has begun; its end is near
		}
	}
}

// run runs the function in the caller's goroutine and tells the writer, also when the function does not return.
func (c *change) run(tx *Tx) {
	defer func() {
		if c.gone {
			c.ran <- struct{}{}
			<-c.done // what the function did is undone before its panic goes on
		}
	}()
	c.gone = true
	c.err = tx.run(context.WithoutCancel(c.ctx), c.fn)
	c.gone = false
	c.ran <- struct{}{}
}

func (w *writer) enqueue(c *change) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return sql.ErrConnDone
	}
	if err := c.ctx.Err(); err != nil {
		return err
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
	for first := range w.queue {
		batch := w.gather(first)
		w.settle(batch)
		for _, c := range batch {
			close(c.done)
		}
	}
	if w.conn != nil {
		w.conn.Close()
	}
}

// gather returns first and those that wait behind it.
func (w *writer) gather(first *change) []*change {
	batch := []*change{first}
	for len(batch) < batchLimit {
		select {
		case next, open := <-w.queue:
			if !open {
				return batch
			}
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// settle commits the batch. Where that transaction was lost, nothing of it was done, and each change runs again by
// itself, so that one that cannot be done takes no other with it. A database that cannot even begin fails them all.
func (w *writer) settle(batch []*change) {
	begun, err := w.commit(batch)
	if err == nil {
		return
	}
	if !begun || len(batch) == 1 {
		fail(batch, err)
		return
	}
	for i, c := range batch {
		if c.gone {
			continue
		}
		begun, err := w.commit(batch[i : i+1])
		if err != nil && !begun {
			fail(batch[i:], err)
			return
		}
		if err != nil {
			c.err = err
		}
	}
}

func fail(batch []*change, err error) {
	for _, c := range batch {
		c.err = err
	}
}

// commit runs the batch in one transaction, each change under a savepoint; a change's own error stays with it. The error
// returned is the transaction's, which did nothing; begun is false where it never began.
func (w *writer) commit(batch []*change) (begun bool, err error) {
	ctx := context.Background()
	defer func() {
		if err != nil && (begun || !locked(err)) {
			w.discard()
		}
	}()
	if err = w.look(false); err != nil {
		return false, err
	}
	if w.conn == nil {
		conn, err := w.pool.Conn(ctx)
		if err != nil {
			return false, err
		}
		w.conn = keep(conn)
	}
	if _, err = w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	for _, c := range batch {
		if !c.begun && c.taken.Swap(true) {
			continue // its caller withdrew it
		}
		c.begun = true
		if err = w.one(ctx, c); err != nil {
			return true, err
		}
	}
	if err = w.look(true); err != nil {
		return true, err
	}
	if _, err = w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return true, w.dialect.commitError(err)
	}
	return true, nil
}

// look reports that the database's files are not its own any more.
func (w *writer) look(during bool) error {
	if w.gone == nil {
		w.gone = w.intact(during)
	}
	return w.gone
}

// one gives one change its turn.
func (w *writer) one(ctx context.Context, c *change) error {
	if _, err := w.conn.ExecContext(ctx, "SAVEPOINT change"); err != nil {
		return err
	}
	tx := &Tx{q: w.conn, dialect: w.dialect}
	c.turn <- tx
	<-c.ran
	tx.over.Store(true)
	if c.gone || c.err != nil {
		if _, err := w.conn.ExecContext(ctx, "ROLLBACK TO change"); err != nil {
			if c.gone {
				return err
			}
			return c.err // SQLite gave up the whole transaction: a full disk, an I/O error
		}
	}
	_, err := w.conn.ExecContext(ctx, "RELEASE change")
	return err
}

// discard closes the connection: after a lost transaction nothing is assumed of its state.
func (w *writer) discard() {
	if w.conn == nil {
		return
	}
	w.conn.ExecContext(context.Background(), "ROLLBACK") // there may be nothing left to roll back
	w.conn.forget()
	w.conn.conn.Raw(func(any) error { return driver.ErrBadConn })
	w.conn.conn.Close()
	w.conn = nil
}
