package main

import (
	"context"
	"errors"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: "Runs the server until it is told to stop by SIGINT or SIGTERM. Without a certificate and without a proxy in front\n" +
			"it listens on loopback only. The database's schema is brought up to date at the start.",
		Args: cobra.NoArgs,
		RunE: ran(serve),
	}
	listenFlags(cmd, defaultListen)
	databaseFlags(cmd)
	cmd.Flags().String("world", "", "apply this world file at the start")
	return cmd
}

func serve(cmd *cobra.Command, _ []string) (err error) {
	r, err := reachOf(cmd)
	if err != nil {
		return err
	}
	log, err := logger(cmd)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	h, err := openHouse(ctx, cmd, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(ctx)) }()
	s, err := newServer(h, r, log)
	if err != nil {
		return err
	}
	log.Info("serving", "url", s.url.String(), "listen", s.listener.Addr().String(), "database", h.db.Dialect(),
		"version", version().Version, "key", h.key.Verifier().String())
	return s.run(ctx)
}
