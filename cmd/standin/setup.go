package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/signin"
)

func newSetUpLink() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "setup-link",
		Short: "Print the one-time link with which an empty installation is set up",
		Long: "Prints a link to the page that makes the first organisation and its first administrator. It works once, for an\n" +
			"hour, as long as there is no organisation; the link printed or logged before ends. With --for it prints a link\n" +
			"with which that person sets a new password: for the administrator whom nobody else can help. It may run beside a\n" +
			"running server, and takes the same settings, of which --url or --listen make the link.",
		Args: cobra.NoArgs,
		RunE: ran(setUpLink),
	}
	listenFlags(cmd, defaultListen)
	databaseFlags(cmd)
	cmd.Flags().String("for", "", "e-mail address of the person who is to set a new password")
	return cmd
}

// linkMade is what setup-link --json writes.
type linkMade struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

func setUpLink(cmd *cobra.Command, _ []string) (err error) {
	r, err := reachOf(cmd)
	if err != nil {
		return err
	}
	log, err := logger(cmd)
	if err != nil {
		return err
	}
	ctx, stop := untilStopped(cmd.Context())
	defer stop()
	h, err := openHouse(ctx, cmd, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(ctx)) }()
	made, err := h.link(ctx, cmd, r)
	if err != nil {
		return err
	}
	return write(cmd, made, func(out io.Writer) {
		fmt.Fprintf(out, "%s\n", made.URL)
		fmt.Fprintf(cmd.ErrOrStderr(), "It works once, until %s. Its address is that of --url or --listen: give the same as the server has.\n", made.Expires.Local().Format("2006-01-02 15:04 MST"))
	})
}

func (h *house) link(ctx context.Context, cmd *cobra.Command, r *reach) (linkMade, error) {
	base := r.likely()
	email, _ := cmd.Flags().GetString("for")
	if email == "" {
		token, expires, err := h.signin.SetUpLink(ctx)
		return linkMade{signin.Address(base.String(), signin.SetUpPage, token), expires}, err
	}
	var p directory.Person
	if err := h.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = h.directory.PersonByEmail(ctx, tx, email)
		return err
	}); err != nil {
		return linkMade{}, err
	}
	made, err := h.signin.Invite(ctx, standin.OperatorCaller(p.Organisation, "setup-link"), p.ID)
	return linkMade{signin.Address(base.String(), signin.LinkPage, made.Token), made.Expires}, err
}

// likely is the public address of a server with these settings, which need not run.
func (r *reach) likely() *url.URL {
	if r.url != nil {
		return r.url
	}
	u := &url.URL{Scheme: "http", Host: r.listen}
	if r.secure() {
		u.Scheme = "https"
	}
	return u
}

// offerSetUp logs the link with which an empty installation is set up, and does nothing for another.
func (h *house) offerSetUp(ctx context.Context, base *url.URL, log *slog.Logger) error {
	token, expires, err := h.signin.SetUpLink(ctx)
	if standin.CodeOf(err) == "signin.set_up_done" {
		return nil
	}
	if err != nil {
		return err
	}
	log.Warn("there is no organisation yet: open this link, which works once, or get another with standin setup-link",
		"link", signin.Address(base.String(), signin.SetUpPage, token), "until", expires)
	return nil
}
