package db

import (
	"context"
	"database/sql"
)

// prepared is a connection that keeps the statements it executed compiled: compiling a statement costs more than running
// it. Queries are not kept, for the rows of one may be open while another is asked.
type prepared struct {
	*sql.Conn
	kept map[string]*sql.Stmt
}

// mostPrepared bounds the statements that are kept. Their texts are those of the program, and few.
const mostPrepared = 256

// ExecContext runs the statement, compiled before where it was run before.
func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, ok := p.kept[query]
	if !ok {
		if len(args) == 0 || len(p.kept) >= mostPrepared {
			return p.Conn.ExecContext(ctx, query, args...)
		}
		var err error
		if s, err = p.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		p.kept[query] = s
	}
	return s.ExecContext(ctx, args...)
}
