package db

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
)

// prepared runs statements on one connection and keeps them compiled: on SQLite a third of what a change costs is reading its
// SQL. A statement's rows are read before it is run again, as Query demands.
type prepared struct {
	conn *sql.Conn
	all  map[string]*sql.Stmt
}

func keep(conn *sql.Conn) *prepared { return &prepared{conn, map[string]*sql.Stmt{}} }

// mostPrepared bounds what is kept; texts that differ each time would fill the memory.
const mostPrepared = 200

func (p *prepared) of(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := p.all[query]; s != nil {
		return s, nil
	}
	if len(p.all) >= mostPrepared {
		if err := p.forget(); err != nil {
			return nil, err
		}
	}
	s, err := p.conn.PrepareContext(ctx, unnamed(query))
	if err != nil {
		return nil, err
	}
	p.all[query] = s
	return s, nil
}

// unnamed returns the query with "?" for its placeholders where these are $1, $2, … in their order and each once, else the
// query. To SQLite "$1" is a name, which its driver looks up for each argument in the list of all: many rows at once spent a
// tenth of their time on that.
func unnamed(query string) string {
	var b strings.Builder
	next, quote, rest := 1, byte(0), query
	for len(rest) > 0 {
		c := rest[0]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '$':
			name := strconv.Itoa(next)
			after, ok := strings.CutPrefix(rest[1:], name)
			if !ok || after != "" && '0' <= after[0] && after[0] <= '9' {
				return query
			}
			b.WriteByte('?')
			next, rest = next+1, after
			continue
		case c == '?':
			return query
		}
		b.WriteByte(c)
		rest = rest[1:]
	}
	return b.String()
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.of(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.of(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// forget gives the statements back. A connection that is closed before its statements would live on until then.
func (p *prepared) forget() error {
	var err error
	for text, s := range p.all {
		delete(p.all, text)
		err = errors.Join(err, s.Close())
	}
	return err
}

// Close gives the statements and the connection back.
func (p *prepared) Close() error { return errors.Join(p.forget(), p.conn.Close()) }
