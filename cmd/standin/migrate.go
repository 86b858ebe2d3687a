package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin/db"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema to this version",
		Long: "Brings the database's schema to this version. Migrations only go forward. serve and apply do the same when they\n" +
			"start; migrate is for those who want it done before.",
		Args: cobra.NoArgs,
		RunE: ran(migrate),
	}
	databaseFlags(cmd)
	return cmd
}

func migrate(cmd *cobra.Command, _ []string) (err error) {
	from, _, err := source(cmd)
	if err != nil {
		return err
	}
	d, err := db.Open(cmd.Context(), from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var did struct {
		Database string `json:"database"`
		From     int64  `json:"from"`
		To       int64  `json:"to"`
	}
	did.Database = d.Dialect()
	if did.From, did.To, err = d.Migrate(cmd.Context()); err != nil {
		return err
	}
	return write(cmd, did, func(out io.Writer) {
		if did.From == did.To {
			fmt.Fprintf(out, "The schema is at version %d already.\n", did.To)
			return
		}
		fmt.Fprintf(out, "The schema went from version %d to %d.\n", did.From, did.To)
	})
}
