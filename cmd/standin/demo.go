package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/past"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/gallery"
	"github.com/standin-id/standin/world"
)

// demoWorld is the company of the demonstration; its dates count from the start.
//
//go:embed demo.yaml
var demoWorld []byte

// demoStory is what the demonstration tells about its people, in the languages of the pages.
//
//go:embed demo.toml
var demoStory []byte

func newDemo() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run Standin with an invented company, to try it out",
		Long: "Runs the server with an invented company, on loopback and in a temporary directory that is removed at the end.\n" +
			"Open the address that it prints and continue as one of the people, without a password. serve has no such page.",
		Args: cobra.NoArgs,
		RunE: ran(demo),
	}
	cmd.Flags().String("listen", defaultListen, "loopback address to listen on; taken, another port is chosen")
	cmd.Flags().String("dir", "", "keep the data in this directory and go on with it the next time")
	return cmd
}

func demo(cmd *cobra.Command, _ []string) (err error) {
	address, _ := cmd.Flags().GetString("listen")
	r := &reach{listen: address}
	if !r.onLoopback() {
		return refuse("demo.loopback_only", "The demonstration lets everybody in without a password, so it listens on loopback "+
			"only, and {address} is not.").With("address", address)
	}
	if f := cmd.Flags().Lookup("log-level"); !f.Changed {
		_ = f.Value.Set("warn") // who tries it out reads pages, not a log
	}
	log, err := logger(cmd)
	if err != nil {
		return err
	}
	f, err := world.LoadTrial("demo.yaml", bytes.NewReader(companyHere(machineZone())), time.Now())
	if err != nil {
		return err
	}
	dir, remove, err := demoDir(cmd)
	if err != nil {
		return err
	}
	ctx, stop := untilStopped(cmd.Context())
	defer stop()
	defer func() { err = errors.Join(err, remove()) }()
	release, err := hold(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	h, err := openAt(ctx, filepath.Join(dir, embedded), filepath.Join(dir, "standin.keys"), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(ctx)) }()
	return h.demonstrate(ctx, cmd, r, f, log)
}

// companyHere is the company with those who are in Berlin moved to the zone, so that whoever tries it out reads the time of
// the clock beside them. "" leaves them there.
func companyHere(zone string) []byte {
	if zone == "" {
		return demoWorld
	}
	return bytes.ReplaceAll(demoWorld, []byte("time_zone: Europe/Berlin"), []byte("time_zone: "+zone))
}

// demoDir returns where the data is, and what removes it at the end.
func demoDir(cmd *cobra.Command) (dir string, remove func() error, err error) {
	if dir, _ = cmd.Flags().GetString("dir"); dir != "" {
		return dir, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "standin-demo-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

func (h *house) demonstrate(ctx context.Context, cmd *cobra.Command, r *reach, f *world.File, log *slog.Logger) error {
	if err := h.applyMissing(ctx, f); err != nil {
		return err
	}
	s, err := newServer(h, r, log)
	if standin.CodeOf(err) == "serve.address_taken" && !cmd.Flags().Changed("listen") {
		s, err = newServer(h, &reach{listen: "127.0.0.1:0"}, log)
	}
	if err != nil {
		return err
	}
	if s.demo, err = h.stage(f); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	told := announced(s.url.String(), f, time.Now())
	if err := write(cmd, told, func(out io.Writer) { announce(out, told) }); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	return s.run(ctx)
}

// applyMissing makes the company and its past, or of a demonstration that goes on what is missing: what people did in it
// stays.
func (h *house) applyMissing(ctx context.Context, f *world.File) error {
	plan, err := h.world.Plan(ctx, f)
	if err != nil || plan.Created() == 0 {
		return err
	}
	if plan.Same == 0 {
		return past.Play(ctx, h.db, f, time.Now())
	}
	return h.world.Apply(ctx, plan, nil)
}

// stage joins the people of the file with what the story tells about them. A story about people who are not in the file is
// a fault of ours.
func (h *house) stage(f *world.File) (*web.Demo, error) {
	var story struct {
		Organisation standin.OrganisationID
		Company      string
		Story, Steps []web.Said
		People       []struct {
			ID        standin.PersonID
			Role, Try web.Said
		}
	}
	if err := toml.Unmarshal(demoStory, &story); err != nil {
		return nil, fmt.Errorf("the demonstration's story cannot be read: %w", err)
	}
	names, passwords := map[standin.PersonID]string{}, map[standin.PersonID]string{}
	for _, o := range f.Organisations {
		for _, p := range o.People {
			if o.ID == story.Organisation {
				names[p.ID], passwords[p.ID] = p.Name, p.Password
			}
		}
	}
	d := &web.Demo{Signin: signin.NewDemo(h.signin), Organisation: story.Organisation, Company: story.Company,
		Story: story.Story, Steps: story.Steps, Gallery: gallery.Handler(slog.Default())}
	for i, p := range story.People {
		name, ok := names[p.ID]
		if !ok || passwords[p.ID] == "" { // without one they could not prove later who they are
			return nil, fmt.Errorf("the demonstration's story tells of %s, whom its world does not know, or who has no password", p.ID)
		}
		d.People = append(d.People, web.Cast{ID: p.ID, Name: name, Role: p.Role, Try: p.Try, First: i == 0, Password: passwords[p.ID]})
	}
	return d, nil
}
