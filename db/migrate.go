package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

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
		if err == nil && from > 0 {
			err = d.collate(ctx)
		}
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
		files = collated{files}
	}
	return goose.NewProvider(d.dialect.goose, d.write, files, options...)
}

// collated is the schema for PostgreSQL: text is compared by its bytes, as SQLite does it, whatever language the database was
// made for. Keys do not come in a language's order, comparing them in one costs many times as much, and an index that is in it
// is wrong as soon as the operating system's next version orders a letter differently.
type collated struct{ fs.FS }

var newTable = regexp.MustCompile(`(?m)^CREATE TABLE ([a-z_]+)`)

var textColumn = regexp.MustCompile(`(?m)^(\s+[a-z_]+\s+|ALTER TABLE [a-z_]+ ADD COLUMN [a-z_]+ )TEXT\b`)

// Open implements fs.FS.
func (c collated) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return collatedFile{f, strings.NewReader(textColumn.ReplaceAllString(string(text), `${1}TEXT COLLATE "C"`))}, nil
}

type collatedFile struct {
	fs.File
	text *strings.Reader
}

// Read implements fs.File.
func (f collatedFile) Read(b []byte) (int, error) { return f.text.Read(b) }

// collate gives the same order to columns that were made by a program that left it to the database. It changes no row; indexes
// are built anew, once.
func (d *DB) collate(ctx context.Context) error {
	if d.dialect.singleWriter {
		return nil
	}
	var tables []string // our own; others may live in the same schema
	files, err := fs.Glob(schema, "schema/*.sql")
	for _, name := range files {
		text, readErr := schema.ReadFile(name)
		err = errors.Join(err, readErr)
		for _, found := range newTable.FindAllStringSubmatch(string(text), -1) {
			tables = append(tables, "'"+found[1]+"'")
		}
	}
	if err != nil {
		return err
	}
	return d.retry(ctx, func() error {
		_, err := d.write.ExecContext(ctx, fmt.Sprintf(collateAll, strings.Join(tables, ", ")))
		return err
	})
}

const collateAll = `DO $$ DECLARE changed RECORD; BEGIN
	FOR changed IN
		SELECT c.table_name AS name, string_agg(format('ALTER COLUMN %%I TYPE TEXT COLLATE "C"', c.column_name), ', ') AS columns
		FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = current_schema() AND c.data_type = 'text' AND c.collation_name IS DISTINCT FROM 'C'
			AND t.table_type = 'BASE TABLE' AND c.table_name IN (%s)
		GROUP BY c.table_name ORDER BY c.table_name
	LOOP EXECUTE format('ALTER TABLE %%I ', changed.name) || changed.columns; END LOOP;
END $$`
