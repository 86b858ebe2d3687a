package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world/lists"
	"github.com/standin-id/standin/world/table"
)

func newImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take in a list of people or delegations, CSV or XLSX",
		Long: "Reads a list of people or of delegations, shows what each row would create, change or leave, asks, and does it.\n" +
			"Columns are known by their headings, in English or German and in any order:\n" +
			"  people       id, name, email, unit, manager, time_zone, language, roles\n" +
			"  delegations  id, actor, principal, kind, start, end, purpose, allow, deny, units, read_only, sealed\n" +
			"People are known by their id or e-mail address. An empty cell leaves what is there; - takes it away. Dates are\n" +
			"days in the organisation's time zone, an end counts whole: 2026-11-30 or 30.11.2026.\n" +
			"A refused row stops no other; --rows-refused keeps them, with the reason, to be corrected and imported again.\n" +
			"Importing twice does nothing twice; where it was interrupted, importing again does the rest. It may run beside\n" +
			"a running server. The exit status is 3 where rows are refused.",
		Args: cobra.ExactArgs(1),
		RunE: ran(importList),
	}
	databaseFlags(cmd)
	f := cmd.Flags()
	f.String("organisation", "", "the organisation's id; needed where there are several")
	f.String("kind", "", "what the list is of, people or delegations (default: by its columns)")
	f.BoolP("yes", "y", false, "import without asking")
	f.Bool("dry-run", false, "show what would be done and do nothing")
	f.Bool("ignore-columns", false, "pass over columns that are not known")
	f.String("rows-refused", "", "write the refused rows with their reasons to this file, .csv or .xlsx")
	return cmd
}

func newExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export people|delegations",
		Short: "Write the list of people or delegations, as CSV or XLSX",
		Long: "Writes the active people, or the delegations that are not over, in the form that import takes. Cells that a\n" +
			"spreadsheet could take for formulas begin with an apostrophe, which import takes away again.",
		Args: cobra.ExactArgs(1),
		RunE: ran(exportList),
	}
	databaseFlags(cmd)
	cmd.Flags().String("organisation", "", "the organisation's id; needed where there are several")
	cmd.Flags().StringP("output", "o", "", "the file, .csv or .xlsx (default: CSV on stdout)")
	return cmd
}

// imported is what import --json writes.
type imported struct {
	Applied bool         `json:"applied"`
	Kind    lists.Kind   `json:"kind"`
	Counts  lists.Counts `json:"counts"`
	Ignored []string     `json:"ignored_columns"`
	Refused []refusedRow `json:"refused"` // at most the first 1,000
}

type refusedRow struct {
	Line   int    `json:"line"`
	Who    string `json:"who"`
	Column string `json:"column,omitempty"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

func importList(cmd *cobra.Command, args []string) (err error) {
	t, err := readTable(cmd, args[0])
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
	caller, err := operatorOf(ctx, cmd, h, "import")
	if err != nil {
		return err
	}
	kind, _ := cmd.Flags().GetString("kind")
	if kind == "" {
		kind = string(lists.KindOf(t))
	}
	ignore, _ := cmd.Flags().GetBool("ignore-columns")
	all := h.lists()
	plan, err := all.Plan(ctx, caller, lists.Kind(kind), t, lists.Options{IgnoreColumns: ignore})
	if err != nil {
		return err
	}
	asJSON, _ := cmd.Flags().GetBool("json")
	if !asJSON {
		showPlan(cmd.OutOrStdout(), plan)
	}
	agreed, err := agreeToImport(cmd, plan)
	if err == nil && agreed {
		before := plan.Counts().Refuse
		err = all.Apply(ctx, caller, plan, progress(cmd))
		if err == nil && !asJSON && plan.Counts().Refuse > before {
			showPlan(cmd.OutOrStdout(), plan)
		}
	}
	if err == nil && agreed {
		err = h.sequencer.Flush(ctx) // without a limit: after a large list it takes a while
	}
	if err != nil && ctx.Err() != nil {
		return refuse("import.interrupted", "Stopped before everything was imported. What was is durable: import again to do the rest.")
	}
	if err != nil {
		return err
	}
	return importEnds(cmd, plan, agreed)
}

// importEnds writes what was refused and says how it came out.
func importEnds(cmd *cobra.Command, plan *lists.Plan, agreed bool) error {
	counts := plan.Counts()
	path, _ := cmd.Flags().GetString("rows-refused")
	if path != "" && counts.Refuse > 0 {
		if err := intoFile(path, func(to io.Writer) error { return plan.WriteRefused(table.FormOf(path), to, lists.Said) }); err != nil {
			return err
		}
	}
	said := imported{Applied: agreed, Kind: plan.Kind, Counts: counts, Ignored: append([]string{}, plan.Ignored...), Refused: []refusedRow{}}
	for _, r := range plan.Refused() {
		said.Refused = append(said.Refused, refusedRow{r.Line, r.Who, columnOf(r.Refusal), standin.CodeOf(r.Refusal), lists.Said(r.Refusal)})
	}
	if err := write(cmd, said, func(out io.Writer) {
		if agreed {
			fmt.Fprintln(out, "Imported.")
		}
	}); err != nil {
		return err
	}
	switch {
	case counts.Refuse == 0:
		return nil
	case path == "":
		return refuse("import.rows_refused", "{rows} rows are refused. Correct them and import the list again; --rows-refused writes them to a file.").With("rows", counts.Refuse)
	}
	return refuse("import.rows_refused_in", "{rows} rows are refused; they are in {file} with the reasons. Correct them there and import that file.").
		With("rows", counts.Refuse).With("file", path)
}

func columnOf(err error) string {
	if e, ok := errors.AsType[*standin.Error](err); ok {
		return e.Field
	}
	return ""
}

func readTable(cmd *cobra.Command, path string) (*table.Table, error) {
	if path == "-" {
		return table.Read("stdin", cmd.InOrStdin())
	}
	from, err := os.Open(path)
	if err != nil {
		return nil, usage("the list cannot be read: %w", err)
	}
	defer from.Close()
	return table.Read(filepath.Base(path), from)
}

// lists returns the lists of the house.
func (h *house) lists() *lists.Lists {
	return lists.New(h.db, h.ledger, h.applications, h.directory, h.delegations, time.Now)
}

// operatorOf returns the operator in the organisation that is named, or in the only one.
func operatorOf(ctx context.Context, cmd *cobra.Command, h *house, command string) (standin.Caller, error) {
	var ids []standin.OrganisationID
	if err := h.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		ids, err = h.directory.Organisations(ctx, tx)
		return err
	}); err != nil {
		return standin.Caller{}, err
	}
	named, _ := cmd.Flags().GetString("organisation")
	var names []string
	for _, id := range ids {
		if string(id) == named || named == "" && len(ids) == 1 {
			return standin.OperatorCaller(id, command), nil
		}
		names = append(names, string(id))
	}
	if named == "" && len(ids) > 0 {
		return standin.Caller{}, usage("which organisation? Name it with --organisation: %s", strings.Join(names, ", "))
	}
	return standin.Caller{}, refuse("import.no_organisation", "There is no organisation \"{organisation}\" here. There are: {organisations}.").
		With("organisation", named).With("organisations", strings.Join(names, ", "))
}

// mostRefusals is how many refused rows people are shown at once.
const mostRefusals = 50

func showPlan(out io.Writer, plan *lists.Plan) {
	if len(plan.Ignored) > 0 {
		fmt.Fprintf(out, "Passed over: %s\n", strings.Join(plan.Ignored, ", "))
	}
	refused := plan.Refused()
	for _, r := range refused[:min(len(refused), mostRefusals)] {
		fmt.Fprintf(out, "  line %d, %s: %s\n", r.Line, r.Who, lists.Said(r.Refusal))
	}
	c := plan.Counts()
	if c.Refuse > mostRefusals {
		fmt.Fprintf(out, "  and %d more\n", c.Refuse-mostRefusals)
	}
	fmt.Fprintf(out, "%s: %d to create, %d to change, %d the same, %d refused\n", plan.Kind, c.Create, c.Change, c.Skip, c.Refuse)
}

// agreeToImport reports whether the list is to be imported: because of --yes, or because somebody at the terminal says so.
func agreeToImport(cmd *cobra.Command, plan *lists.Plan) (bool, error) {
	yes, _ := cmd.Flags().GetBool("yes")
	look, _ := cmd.Flags().GetBool("dry-run")
	if look || plan.Empty() {
		return false, nil
	}
	if yes {
		return true, nil
	}
	if !isTerminal(cmd.InOrStdin()) {
		return false, refuse("import.needs_yes", "Nothing was imported: nobody can be asked here. Look at what would be done with "+
			"--dry-run, and import with --yes.")
	}
	fmt.Fprint(cmd.ErrOrStderr(), "Import this? [y/N] ")
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, refuse("import.declined", "Nothing was imported.")
}

func exportList(cmd *cobra.Command, args []string) (err error) {
	ctx, stop := untilStopped(cmd.Context())
	defer stop()
	d, err := openCurrent(ctx, cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	h := reading(d)
	caller, err := operatorOf(ctx, cmd, h, "export")
	if err != nil {
		return err
	}
	path, _ := cmd.Flags().GetString("output")
	export := func(to io.Writer) error {
		return h.lists().Export(ctx, caller, lists.Kind(args[0]), table.FormOf(path), to)
	}
	if path == "" || path == "-" {
		return export(cmd.OutOrStdout())
	}
	return intoFile(path, export)
}

// reading joins the rooms that lists are written from, which needs no keys.
func reading(d *db.DB) *house {
	h := &house{db: d, ledger: ledger.New(d, time.Now)}
	h.directory = directory.New(d, h.ledger, time.Now)
	h.applications = application.New(d, h.ledger, time.Now)
	h.delegations = delegation.New(d, h.ledger, h.directory, time.Now)
	return h
}

// intoFile writes a file that is there only once it is whole.
func intoFile(path string, write func(to io.Writer) error) (err error) {
	to, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return usage("the file cannot be written: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(to.Name()))
		}
	}()
	out := bufio.NewWriter(to)
	if err := errors.Join(write(out), out.Flush(), to.Close()); err != nil {
		return err
	}
	return os.Rename(to.Name(), path)
}
