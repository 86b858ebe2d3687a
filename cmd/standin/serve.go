package main

import (
	"context"
	"errors"
	"log/slog"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin/world"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: "Runs the server until it is told to stop by SIGINT or SIGTERM; then it finishes what is in flight. Without a\n" +
			"certificate and without a proxy in front it listens on loopback only. The database's schema is brought up to date\n" +
			"at the start. One server works on an embedded database, any number on one PostgreSQL.",
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
	var f *world.File
	if path, _ := cmd.Flags().GetString("world"); path != "" {
		if f, err = loadWorld(path); err != nil {
			return err
		}
	}
	ctx, stop := untilStopped(cmd.Context())
	defer stop()
	h, release, err := occupy(ctx, cmd, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(ctx), release()) }()
	if f != nil {
		if err := h.applyAtStart(ctx, f, log); err != nil {
			if ctx.Err() != nil {
				log.Warn("stopped before the whole world file was applied; the next start does the rest")
				return nil
			}
			return err
		}
	}
	s, err := newServer(h, r, log)
	if err != nil {
		return err
	}
	if err := h.offerSetUp(ctx, s.url, log); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	log.Info("serving", "url", s.url.String(), "listen", s.listener.Addr().String(), "database", h.db.Dialect(),
		"version", version().Version, "key", h.key.Verifier().String())
	return s.run(ctx)
}

// untilStopped returns a context that ends when the program is told to stop. A second signal ends the program at once.
func untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// occupy opens the house for a server, which is alone on an embedded database until release.
func occupy(ctx context.Context, cmd *cobra.Command, log *slog.Logger) (h *house, release func() error, err error) {
	from, dir, err := source(cmd)
	if err != nil {
		return nil, nil, err
	}
	if release, err = hold(dir); err != nil {
		return nil, nil, err
	}
	if h, err = openAt(ctx, from, keysPath(cmd, dir), log); err != nil {
		return nil, nil, errors.Join(err, release())
	}
	return h, release, nil
}
