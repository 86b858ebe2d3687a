package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/world"
)

func newApply() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Plan a world file, show the difference, and apply it",
		Long: "Reads a world file, shows what it would create and change, asks, and applies it, each thing with its record.\n" +
			"Applying twice changes nothing; what the file omits stays. It may run beside a running server. Where it was\n" +
			"interrupted, applying again does the rest. Without a terminal to ask on, --yes is needed.",
		Args: cobra.MaximumNArgs(1),
		RunE: ran(apply),
	}
	databaseFlags(cmd)
	cmd.Flags().StringP("file", "f", "", "the world file; - reads it from stdin")
	cmd.Flags().BoolP("yes", "y", false, "apply without asking")
	cmd.Flags().Bool("plan", false, "show the difference and apply nothing")
	return cmd
}

// applied is what apply --json writes.
type applied struct {
	Applied bool             `json:"applied"`
	Plan    world.Difference `json:"plan"`
}

func apply(cmd *cobra.Command, args []string) (err error) {
	f, err := worldFile(cmd, args)
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
	plan, err := h.world.Plan(ctx, f)
	if err != nil {
		return err
	}
	asJSON, _ := cmd.Flags().GetBool("json")
	if !asJSON {
		if err := plan.Write(cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	agreed, err := agree(cmd, plan)
	if err == nil && agreed {
		err = h.world.Apply(ctx, plan, progress(cmd))
	}
	if err == nil {
		err = h.sequencer.Flush(ctx) // without a limit: after a large file it takes a while
	}
	if err != nil && ctx.Err() != nil {
		return refuse("apply.interrupted", "Stopped before everything was applied. What was is durable: apply again to do the rest.")
	}
	if err != nil {
		return err
	}
	if plan.Changes == nil {
		plan.Changes = []world.Change{}
	}
	if plan.Kept == nil {
		plan.Kept = []world.Kept{}
	}
	return write(cmd, applied{agreed, plan.Difference}, func(out io.Writer) {
		if agreed {
			fmt.Fprintln(out, "Applied.")
		}
	})
}

// worldFile reads the world file that -f or the argument names.
func worldFile(cmd *cobra.Command, args []string) (*world.File, error) {
	path, _ := cmd.Flags().GetString("file")
	if path == "" && len(args) == 1 {
		path, args = args[0], nil
	}
	switch {
	case path == "":
		return nil, usage("which file? Name the world file with -f")
	case len(args) > 0:
		return nil, usage("one world file at a time, not %q too", args[0])
	case path == "-":
		return world.Load("stdin", cmd.InOrStdin())
	}
	return loadWorld(path)
}

func loadWorld(path string) (*world.File, error) {
	from, err := os.Open(path)
	if err != nil {
		return nil, usage("the world file cannot be read: %w", err)
	}
	defer from.Close()
	return world.Load(path, from)
}

// agree reports whether the plan is to be applied: because of --yes, or because somebody at the terminal says so.
func agree(cmd *cobra.Command, plan *world.Plan) (bool, error) {
	yes, _ := cmd.Flags().GetBool("yes")
	look, _ := cmd.Flags().GetBool("plan")
	if look || plan.Empty() {
		return false, nil
	}
	if yes {
		return true, nil
	}
	path, _ := cmd.Flags().GetString("file")
	if !isTerminal(cmd.InOrStdin()) || path == "-" {
		return false, refuse("apply.needs_yes", "Nothing was applied: nobody can be asked here. Look at the difference with "+
			"--plan, and apply it with --yes.")
	}
	fmt.Fprint(cmd.ErrOrStderr(), "Apply this? [y/N] ")
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, refuse("apply.declined", "Nothing was applied.")
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// progress returns what tells on stderr how far applying came: a bar on a terminal, else a line at each tenth.
func progress(cmd *cobra.Command) func(done, total int) {
	talk := cmd.ErrOrStderr()
	if isTerminal(talk) {
		var bar *progressbar.ProgressBar
		return func(done, total int) {
			if bar == nil {
				bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(talk), progressbar.OptionSetDescription("applying"),
					progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
			}
			_ = bar.Set(done) // a terminal that cannot be written to is no reason to stop
		}
	}
	told := 0
	return func(done, total int) {
		if tenths := done * 10 / max(total, 1); tenths > told {
			told = tenths
			fmt.Fprintf(talk, "%d of %d applied\n", done, total)
		}
	}
}

// tries is how often a server that starts beside others plans again, where they applied the same file meanwhile.
const tries = 5

// applyAtStart applies the world file of serve --world.
func (h *house) applyAtStart(ctx context.Context, f *world.File, log *slog.Logger) error {
	for try := 1; ; try++ {
		plan, err := h.world.Plan(ctx, f)
		if err != nil {
			return err
		}
		for _, k := range plan.Kept {
			log.Warn("the world file would undo what somebody did by hand, which stays", "organisation", k.Organisation,
				"kind", k.Kind, "id", k.ID, "what", k.What)
		}
		for _, in := range plan.Dates {
			if in.From == "default" {
				log.Warn("the world file has dates and names no time_zone in its settings", "organisation", in.Organisation, "dates are days in", in.Zone)
			}
		}
		if !plan.Empty() {
			err = h.world.Apply(ctx, plan, func(done, total int) { log.Info("applying the world file", "done", done, "of", total) })
		}
		if standin.KindOf(err) == standin.Conflict && try < tries {
			continue
		}
		if err == nil {
			log.Info("the world file is applied", "created", plan.Created(), "changed", plan.Changed(), "same", plan.Same)
		}
		return err
	}
}
