package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/standin-id/standin"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrate brings the schema to this program's version and returns the versions before and after. Migrations only go
// forward; a schema that is newer than this program is refused as Invalid and left alone. Several programs may call it at
// once.
func (d *DB) Migrate(ctx context.Context) (from, to int64, err error) {
	provider, err := d.provider()
	if err != nil {
		return 0, 0, err
	}
	if from, err = d.version(ctx, provider); err != nil {
		return 0, 0, err
	}
	for at := from; ; {
		_, err = provider.Up(ctx)
		if to, versionErr := d.version(ctx, provider); err == nil || versionErr != nil || !d.dialect.singleWriter || to == at {
			return from, to, errors.Join(d.migrateError(err), versionErr)
		} else {
			at = to // another program was faster; go on from where it is
		}
	}
}

func (d *DB) migrateError(err error) error {
	if err == nil {
		return nil
	}
	return d.dialect.classify(fmt.Errorf("migrate the schema: %w", err))
}

// Pending reports whether Migrate has something to do. A schema that is newer than this program is refused as Invalid.
func (d *DB) Pending(ctx context.Context) (bool, error) {
	provider, err := d.provider()
	if err != nil {
		return false, err
	}
	if _, err := d.version(ctx, provider); err != nil {
		return false, err
	}
	pending, err := provider.HasPending(ctx)
	return pending, d.dialect.classify(err)
}

// version returns the version of the schema; 0 where there is none.
func (d *DB) version(ctx context.Context, provider *goose.Provider) (int64, error) {
	found, known, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, d.dialect.classify(err)
	}
	if found > known {
		return found, standin.Refuse(standin.Invalid, "db.migrate", "db.newer_schema",
			"The database has version {found} of the schema, and this program knows {known}. Start the newer program.").
			With("found", found).With("known", known)
	}
	return found, nil
}

func (d *DB) provider() (*goose.Provider, error) {
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, err
	}
	var options []goose.ProviderOption
	if !d.dialect.singleWriter {
		options = append(options, goose.WithSessionLocker(migrationLock{}))
	}
	return goose.NewProvider(d.dialect.goose, d.write, files, options...)
}
