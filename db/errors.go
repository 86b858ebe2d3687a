package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"

	"github.com/standin-id/standin"
)

// A cause is why a driver failed.
type cause int

const (
	causeNone       cause = iota // the error is not the driver's
	causeRetry                   // another transaction was in the way; the same again may succeed
	causeUnique                  // there is a row with this key
	causeConstraint              // the schema refused what was written
	causeUnavailable
	causeBroken // the connection broke
	causeInternal
)

// classify gives a driver's error its kind, in this one place. Errors that already have a kind keep it.
func (dl *dialect) classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*standin.Error](err); ok {
		return err
	}
	switch dl.cause(err) {
	case causeUnique:
		return standin.Refuse(standin.Conflict, "db", "db.conflict", "This exists already, or was changed meanwhile. Look again and try once more.").Because(err)
	case causeConstraint:
		return standin.Refuse(standin.Invalid, "db", "db.constraint", "What was sent does not fit what is stored. Look again and try once more.").Because(err)
	case causeRetry:
		return standin.Refuse(standin.Unavailable, "db", "db.busy", "Too many changes at once. Nothing was changed; try again.").Because(err)
	case causeUnavailable, causeBroken:
		return unavailable(err)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return standin.Refuse(standin.NotFound, "db", "db.not_found", "This does not exist.").Because(err)
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unavailable(err)
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return unavailable(err)
	}
	return err
}

func unavailable(err error) error {
	return standin.Refuse(standin.Unavailable, "db", "db.unavailable", "The database does not answer. Nothing was changed; try again in a moment.").Because(err)
}

// commitError marks an error of a commit that leaves open whether it happened. What the database itself refused did not.
func (dl *dialect) commitError(err error) error {
	if err == nil || errors.Is(err, sql.ErrTxDone) || dl.decided(err) {
		return err
	}
	return standin.Refuse(standin.Unavailable, "db", "db.unknown", "The database broke off while saving. Look whether it was saved before you try again.").Because(err)
}

func (dl *dialect) retryable(err error) bool { return dl.cause(err) == causeRetry }
