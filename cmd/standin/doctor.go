package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/front"
	"github.com/standin-id/standin/cmd/standin/keys"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

func newDoctor() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, keys, database and record",
		Long: "Checks the settings that serve would use, the keys, the database, and whether records explain every row. It\n" +
			"changes nothing and may run beside a running server. Exit status 1 when something fails.",
		Args: cobra.NoArgs,
		RunE: ran(doctor),
	}
	listenFlags(cmd, defaultListen)
	databaseFlags(cmd)
	return cmd
}

// finding is one line of the doctor's report.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // "ok", "warn" or "fail"
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
}

type examination struct {
	cmd      *cobra.Command
	findings []finding
}

func (e *examination) note(state, check, detail, advice string) {
	e.findings = append(e.findings, finding{check, state, detail, advice})
}

func (e *examination) ok(check, format string, args ...any) {
	e.note("ok", check, fmt.Sprintf(format, args...), "")
}

// fail notes an error; what Standin refuses says itself what to do.
func (e *examination) fail(check string, err error, advice string) {
	text := err.Error()
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		text = refusal.Text()
		if refusal.Err != nil {
			text += " (" + refusal.Err.Error() + ")"
		}
	}
	e.note("fail", check, text, advice)
}

func doctor(cmd *cobra.Command, _ []string) error {
	e := &examination{cmd: cmd}
	e.configuration()
	key := e.keys()
	if err := e.database(cmd.Context(), key); err != nil {
		return err
	}
	failed := false
	for _, f := range e.findings {
		failed = failed || f.State == "fail"
	}
	err := write(cmd, map[string]any{"ok": !failed, "checks": e.findings}, func(out io.Writer) {
		for _, f := range e.findings {
			fmt.Fprintf(out, "%-4s  %-14s %s\n", f.State, f.Check, f.Detail)
			if f.Advice != "" {
				fmt.Fprintf(out, "%21s-> %s\n", "", f.Advice)
			}
		}
	})
	if err == nil && failed {
		err = errFailed
	}
	return err
}

func (e *examination) configuration() {
	r, err := reachOf(e.cmd)
	if err != nil {
		e.fail("configuration", err, "standin serve would not start with these settings.")
		return
	}
	how := "on loopback"
	if len(r.proxies) > 0 {
		how = "behind a proxy"
	}
	if r.secure() {
		how = "with TLS"
		c, err := front.LoadCertificate(r.cert, r.key, nil)
		if err != nil {
			e.fail("certificate", err, "")
			return
		}
		until := c.NotAfter().UTC().Format(time.RFC3339)
		switch left := time.Until(c.NotAfter()); {
		case left <= 0:
			e.note("fail", "certificate", "It expired on "+until, "Put a new one in its place; a running server takes it up.")
		case left < 14*24*time.Hour:
			e.note("warn", "certificate", "It expires on "+until, "Put a new one in its place; a running server takes it up.")
		default:
			e.ok("certificate", "It is good until %s", until)
		}
	}
	e.ok("configuration", "serve listens on %s, %s", r.listen, how)
}

// keys returns the keys, or nil where there are none to check with.
func (e *examination) keys() *keys.Set {
	_, dir, err := source(e.cmd)
	if err != nil {
		e.fail("keys", err, "")
		return nil
	}
	path := keysPath(e.cmd, dir)
	key, err := keys.Read(path)
	if err != nil {
		e.fail("keys", err, "")
		return nil
	}
	e.ok("keys", "%s, public key %s", path, key.Ledger.Verifier())
	return &key
}

func (e *examination) database(ctx context.Context, key *keys.Set) (err error) {
	d, err := openExisting(ctx, e.cmd)
	if err != nil {
		e.fail("database", err, "")
		return nil
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	e.ok("database", "%s answers, and keeps what it acknowledges", d.Dialect())
	e.clock(ctx, d)
	pending, err := d.Pending(ctx)
	switch {
	case err != nil:
		e.fail("schema", err, "")
		return nil
	case pending:
		e.note("fail", "schema", "It is of an older version.", "Run standin migrate.")
		return nil
	}
	e.ok("schema", "It is of this version")
	e.sequencer(ctx, d)
	e.applications(ctx, d)
	if key != nil {
		e.record(ctx, d, key.Ledger)
		e.signing(ctx, d, *key)
	}
	e.rows(ctx, d)
	return nil
}

// skew is how far the clocks of program and database may be apart (THREATS 41).
const skew = 2 * time.Second

func (e *examination) clock(ctx context.Context, d *db.DB) {
	before := time.Now()
	theirs, err := d.Clock(ctx)
	if err != nil {
		e.fail("clock", err, "")
		return
	}
	after := time.Now()
	apart := max(before.Sub(theirs), theirs.Sub(after), 0)
	if apart > skew {
		e.note("fail", "clock", fmt.Sprintf("This machine's clock and the database's are %v apart.", apart.Round(time.Millisecond)),
			"Let both follow the same time service.")
		return
	}
	e.ok("clock", "This machine's and the database's agree")
}

func (e *examination) sequencer(ctx context.Context, d *db.DB) {
	var count int64
	var oldest time.Time
	err := d.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		count, oldest, err = ledger.New(d, time.Now).Waiting(ctx, tx)
		return err
	})
	switch {
	case err != nil:
		e.fail("sequencer", err, "")
	case count > 0 && time.Since(oldest) > stuck:
		e.note("warn", "sequencer", fmt.Sprintf("%d records wait for their place, the oldest since %s.", count, oldest.Format(time.RFC3339)),
			"They are kept. A running server gives them their places.")
	default:
		e.ok("sequencer", "%d records wait for their place", count)
	}
}

// late is for how long an application may not understand before the doctor says so.
const late = 10 * time.Minute

// applications says whether applications are told who is signed out.
func (e *examination) applications(ctx context.Context, d *db.DB) {
	n, oldest, err := furnish(d, keys.Set{}, nil).telling().Waiting(ctx)
	switch {
	case err != nil:
		e.fail("applications", err, "")
	case n > 0 && time.Since(oldest) > late:
		e.note("warn", "applications", fmt.Sprintf("%d ends of which applications were not told, the oldest since %s.", n, oldest.Format(time.RFC3339)),
			"The page of each application says what it answers. Whatever was ended is refused all the same.")
	default:
		e.ok("applications", "%d ends of which they were not told yet", n)
	}
}

func (e *examination) record(ctx context.Context, d *db.DB, key ledger.Key) {
	report, err := ledger.Verify(ctx, d, key.Verifier(), nil)
	if err != nil {
		e.fail("record", err, "")
		return
	}
	for _, p := range report.Problems {
		e.note("fail", "record", p.String(), "standin audit verify tells more. Compare with a checkpoint that was kept elsewhere.")
	}
	if len(report.Problems) == 0 {
		var size int64
		for _, t := range report.Trees {
			if t.Organisation != "" {
				size += t.Size
			}
		}
		e.ok("record", "%d records verified", size)
	}
}

// signing checks that this program can open the keys that sign tokens; replicas without the same keys file cannot.
func (e *examination) signing(ctx context.Context, d *db.DB, set keys.Set) {
	if err := furnish(d, set, nil).signing.Check(ctx); err != nil {
		e.fail("signing keys", err, "")
		return
	}
	e.ok("signing keys", "They open with the seal %s", set.Seal)
}

// mostRows is how many rows that no record explains are named.
const mostRows = 20

func (e *examination) rows(ctx context.Context, d *db.DB) {
	h := furnish(d, keys.Set{}, nil)
	bad := 0
	err := d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		bad = 0
		return h.unexplained(ctx, tx, func(id standin.OrganisationID, x ledger.Difference) {
			if bad++; bad <= mostRows {
				e.note("fail", "rows", fmt.Sprintf("%s of %s: %s", x.Resource, id, x.What),
					"Somebody changed the database past Standin. Restore it, or put it right in a way that is recorded.")
			}
		})
	})
	switch {
	case err != nil:
		e.fail("rows", err, "")
	case bad > mostRows:
		e.note("fail", "rows", fmt.Sprintf("%d more rows that records do not explain.", bad-mostRows), "")
	case bad == 0:
		e.ok("rows", "Records explain every row")
	}
}

// unexplained finds the rows of all organisations, and the operator's own, that no record explains.
func (h *house) unexplained(ctx context.Context, tx *db.Tx, found func(standin.OrganisationID, ledger.Difference)) error {
	all, err := h.directory.Organisations(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range append(all, standin.Operator) {
		walks := h.walks()
		if id == standin.Operator {
			walks = slices.DeleteFunc(walks, func(w ledger.Walk) bool {
				return !slices.Contains(w.Kinds, "setup") && !slices.Contains(w.Kinds, "signing_key")
			})
		}
		if err := h.ledger.Unexplained(ctx, tx, id, walks, func(x ledger.Difference) error { found(id, x); return nil }); err != nil {
			return err
		}
	}
	return nil
}
