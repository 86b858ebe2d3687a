package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrate brings the schema to this program's version and returns the versions before and after. Migrations only go
// forward. Several programs may call it at once.
func (d *DB) Migrate(ctx context.Context) (from, to int64, err error) {
	provider, err := d.provider()
	if err != nil {
		return 0, 0, err
	}
	if from, err = provider.GetDBVersion(ctx); err != nil {
		return 0, 0, d.dialect.classify(err)
	}
	if _, err = provider.Up(ctx); err != nil {
		return from, from, d.dialect.classify(fmt.Errorf("migrate the schema: %w", err))
	}
	to, err = provider.GetDBVersion(ctx)
	return from, to, d.dialect.classify(err)
}

// Pending reports whether Migrate has something to do.
func (d *DB) Pending(ctx context.Context) (bool, error) {
	provider, err := d.provider()
	if err != nil {
		return false, err
	}
	pending, err := provider.HasPending(ctx)
	return pending, d.dialect.classify(err)
}

func (d *DB) provider() (*goose.Provider, error) {
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, err
	}
	var options []goose.ProviderOption
	if !d.dialect.singleWriter {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(d.dialect.goose, d.write, files, options...)
}
