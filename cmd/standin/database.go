package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin/db"
)

func databaseFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("data", "./standin-data", "directory of the embedded database")
	f.String("database", "", "PostgreSQL address postgres://name@host/database instead of the embedded database")
	f.String("keys", "", "file of the keys, the same on all replicas (default standin.keys in the data directory or, with --database, here)")
	cmd.MarkFlagsMutuallyExclusive("data", "database")
}

// embedded is the name of the embedded database's file in its directory.
const embedded = "standin.db"

// source returns what db.Open takes, and the directory of an embedded database.
func source(cmd *cobra.Command) (source, dir string, err error) {
	f := cmd.Flags()
	if address, _ := f.GetString("database"); address != "" {
		return address, "", nil
	}
	dir, _ = f.GetString("data")
	if dir == "" {
		return "", "", usage("--data needs a directory")
	}
	return filepath.Join(dir, embedded), dir, nil
}

// keysPath returns where the keys are.
func keysPath(cmd *cobra.Command, dir string) string {
	if path, _ := cmd.Flags().GetString("keys"); path != "" {
		return path
	}
	if dir == "" {
		return "./standin.keys"
	}
	return filepath.Join(dir, "standin.keys")
}

// openExisting opens the database for a command that only looks; it makes none, and leaves its schema as it is.
func openExisting(ctx context.Context, cmd *cobra.Command) (*db.DB, error) {
	from, dir, err := source(cmd)
	if err != nil {
		return nil, err
	}
	if dir != "" {
		if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
			return nil, refuse("standin.no_database", "There is no database in {dir}. Name another place with --data or --database.").
				With("dir", dir)
		}
	}
	return db.Open(ctx, from)
}

// openCurrent is openExisting for commands that need the schema of this version.
func openCurrent(ctx context.Context, cmd *cobra.Command) (*db.DB, error) {
	d, err := openExisting(ctx, cmd)
	if err != nil {
		return nil, err
	}
	pending, err := d.Pending(ctx)
	if err == nil && pending {
		err = refuse("standin.old_schema", "The database has the schema of an older version. Run standin migrate first.")
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// openMigrated opens or makes the database and brings its schema up to date.
func openMigrated(ctx context.Context, from string, log *slog.Logger) (*db.DB, error) {
	d, err := db.Open(ctx, from)
	if err != nil {
		return nil, err
	}
	before, after, err := d.Migrate(ctx)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if before != after {
		log.Info("the schema was brought up to date", "database", d.Dialect(), "from", before, "to", after)
	}
	return d, nil
}
