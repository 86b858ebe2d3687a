package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/keys"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

func newAudit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify and export the record",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q for \"standin audit\"", args[0])
			}
			return usage("standin audit needs verify or export")
		},
	}
	cmd.AddCommand(newAuditVerify(), newAuditExport())
	return cmd
}

func newAuditVerify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nobody altered, removed, reordered, inserted or forked records",
		Long: "Recomputes the record of a database, or of an export, and names the first bad record. A checkpoint that was kept\n" +
			"elsewhere also shows a history that was signed anew, and an older copy put in place. Exit status 1 when something\n" +
			"is wrong.",
		Args: cobra.NoArgs,
		RunE: ran(auditVerify),
	}
	databaseFlags(cmd)
	cmd.Flags().String("export", "", "verify this file that audit export wrote instead of a database")
	cmd.Flags().StringArray("checkpoint", nil, "file of a checkpoint that was kept elsewhere; may be given several times")
	cmd.Flags().String("key", "", "the public key to check with, name+hash+key (default: that of the file of keys)")
	return cmd
}

func auditVerify(cmd *cobra.Command, _ []string) error {
	key, err := verifier(cmd)
	if err != nil {
		return err
	}
	known, err := checkpoints(cmd)
	if err != nil {
		return err
	}
	report, err := verified(cmd, key, known)
	if err != nil {
		return err
	}
	if err := write(cmd, reported(key, report), func(out io.Writer) { tellReport(out, report) }); err != nil {
		return err
	}
	if len(report.Problems) > 0 {
		return errFailed
	}
	return nil
}

func verified(cmd *cobra.Command, key ledger.Verifier, known []string) (report ledger.Report, err error) {
	if path, _ := cmd.Flags().GetString("export"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			return report, usage("the export cannot be read: %w", err)
		}
		defer f.Close()
		return ledger.VerifyExport(cmd.Context(), f, key, known)
	}
	d, err := openCurrent(cmd.Context(), cmd)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return ledger.Verify(cmd.Context(), d, key, known)
}

// verifier returns the public key to check with.
func verifier(cmd *cobra.Command) (ledger.Verifier, error) {
	if text, _ := cmd.Flags().GetString("key"); text != "" {
		return ledger.ParseVerifier(text)
	}
	_, dir, err := source(cmd)
	if err != nil {
		return ledger.Verifier{}, err
	}
	key, err := keys.Read(keysPath(cmd, dir))
	if standin.KindOf(err) == standin.NotFound {
		said := ""
		if path, _ := cmd.Flags().GetString("export"); path != "" {
			said = signedBy(path)
		}
		return ledger.Verifier{}, usage("which key signed? Give its public half with --key, or the file of keys with --keys%s", said)
	}
	if err != nil {
		return ledger.Verifier{}, err
	}
	return key.Ledger.Verifier(), nil
}

// signedBy returns what an export says about the key that signed it. That is no proof: whoever forged it wrote it, too.
func signedBy(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	var head struct {
		Export struct{ Key string } `json:"standin_export"`
	}
	if json.NewDecoder(io.LimitReader(f, 4<<10)).Decode(&head) != nil || head.Export.Key == "" {
		return ""
	}
	return fmt.Sprintf(". The export says %q: compare with what standin doctor shows where it was made", head.Export.Key)
}

func checkpoints(cmd *cobra.Command) ([]string, error) {
	paths, _ := cmd.Flags().GetStringArray("checkpoint")
	var notes []string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, usage("the checkpoint cannot be read: %w", err)
		}
		notes = append(notes, string(text))
	}
	return notes, nil
}

// auditReport is what audit verify --json writes.
type auditReport struct {
	OK       bool           `json:"ok"`
	Key      string         `json:"key"`
	Trees    []auditTree    `json:"trees"`
	Problems []auditProblem `json:"problems"`
}

type auditTree struct {
	Organisation string `json:"organisation"` // "" for the order of the whole installation
	Records      int64  `json:"records"`
	Checkpoints  int64  `json:"checkpoints"`
	Waiting      int64  `json:"waiting"`
	Checkpoint   string `json:"checkpoint"`
}

type auditProblem struct {
	Organisation string `json:"organisation"`
	Sequence     int64  `json:"sequence"`
	Record       string `json:"record"`
	Finding      string `json:"finding"`
	Detail       string `json:"detail"`
}

func reported(key ledger.Verifier, r ledger.Report) auditReport {
	out := auditReport{OK: len(r.Problems) == 0, Key: key.String(), Trees: []auditTree{}, Problems: []auditProblem{}}
	for _, t := range r.Trees {
		out.Trees = append(out.Trees, auditTree{string(t.Organisation), t.Size, t.Checkpoints, t.Waiting, t.Last.Note})
	}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, auditProblem{string(p.Organisation), p.Sequence, string(p.Record), string(p.Finding), p.Detail})
	}
	return out
}

func tellReport(out io.Writer, r ledger.Report) {
	for _, t := range r.Trees {
		name := string(t.Organisation)
		if name == "" {
			name = "(all)"
		}
		fmt.Fprintf(out, "%-20s %8d records, %d checkpoints", name, t.Size, t.Checkpoints)
		if t.Waiting > 0 {
			fmt.Fprintf(out, ", %d records wait for their place and are not covered yet", t.Waiting)
		}
		fmt.Fprintln(out)
	}
	for _, p := range r.Problems {
		fmt.Fprintln(out, "BAD  "+p.String())
	}
	if len(r.Problems) == 0 {
		fmt.Fprintln(out, "ok: nothing was altered, removed, reordered, inserted or forked")
	}
}

func newAuditExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write records as JSON lines that can be verified offline",
		Long:  "Writes records with the proofs that audit verify --export needs to stdout, organisation by organisation.",
		Args:  cobra.NoArgs,
		RunE:  ran(auditExport),
	}
	databaseFlags(cmd)
	cmd.Flags().StringArray("organisation", nil, "only this organisation's records, by its id; may be given several times")
	cmd.Flags().String("from", "", "not before this instant, as 2026-11-01T00:00:00Z")
	cmd.Flags().String("until", "", "before this instant")
	cmd.Flags().String("key", "", "the public key to check with, name+hash+key (default: that of the file of keys)")
	return cmd
}

func auditExport(cmd *cobra.Command, _ []string) (err error) {
	selection, err := selected(cmd)
	if err != nil {
		return err
	}
	key, err := verifier(cmd)
	if err != nil {
		return err
	}
	d, err := openCurrent(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := organisationsExist(cmd.Context(), d, selection.Organisations); err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	return errors.Join(ledger.Export(cmd.Context(), d, key, selection, out), out.Flush())
}

func selected(cmd *cobra.Command) (s ledger.Selection, err error) {
	names, _ := cmd.Flags().GetStringArray("organisation")
	for _, name := range names {
		s.Organisations = append(s.Organisations, standin.OrganisationID(name))
	}
	for _, bound := range []struct {
		flag string
		to   *time.Time
	}{{"from", &s.From}, {"until", &s.Until}} {
		text, _ := cmd.Flags().GetString(bound.flag)
		if text == "" {
			continue
		}
		if *bound.to, err = time.Parse(time.RFC3339, text); err != nil {
			return s, usage("--%s is an instant such as 2026-11-01T00:00:00Z, not %q", bound.flag, text)
		}
	}
	return s, nil
}

// organisationsExist refuses ids that no organisation has, so that a mistyped one does not make an empty export.
func organisationsExist(ctx context.Context, d *db.DB, wanted []standin.OrganisationID) error {
	l := ledger.New(d, time.Now)
	for _, id := range wanted {
		var s ledger.Status
		if err := d.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			s, err = l.Status(ctx, tx, id)
			return err
		}); err != nil {
			return err
		}
		if s.Size == 0 && s.Waiting == 0 {
			return standin.Refuse(standin.NotFound, "standin.export", "standin.no_records", "Organisation {id} has no records.").With("id", id)
		}
	}
	return nil
}
