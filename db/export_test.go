package db

import "time"

// Waiting returns how many functions wait for the writer's next transaction.
func (d *DB) Waiting() int { return len(d.writer.queue) }

// LimitStatements sets how long a statement may take until its first row.
func (d *DB) LimitStatements(limit time.Duration) { d.dialect.statementLimit = limit }

// Unnamed is how a query is given to SQLite.
var Unnamed = unnamed
