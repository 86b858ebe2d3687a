package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
)

// Exit statuses, as DESIGN.md §6 promises them.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// run executes the command line and returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, talk io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(talk)
	err := fang.Execute(ctx, root, fang.WithVersion(version().Version), fang.WithoutManpage(),
		fang.WithErrorHandler(func(_ io.Writer, _ fang.Styles, err error) { explain(root, talk, err) }))
	return status(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "standin",
		Short: "Lets one person act for another, safely",
		Long: "Standin lets one person act for another, in any application, safely: who may stand in for whom, a banner and a\n" +
			"clock while they do, and a record that nobody can alter unseen.\n\n" +
			"Settings are flags, STANDIN_* variables (STANDIN_TLS_CERT is --tls-cert) or a TOML file, in this order. Data goes\n" +
			"to stdout, talk to stderr. Exit status: 0 ok, 1 failed, 2 the command line is wrong, 3 refused.",
	}
	f := root.PersistentFlags()
	f.String("config", "", "read settings from this TOML file; flags and STANDIN_* variables override it")
	f.Bool("json", false, "write data as JSON")
	f.String("log-level", "info", "least level that is logged: debug, info, warn, error")
	f.String("log-format", "text", "form of the log on stderr: text or json")
	root.AddCommand(newServe(), newDemo(), newApply(), newImport(), newExport(), newExplain(), newSetUpLink(), newMigrate(), newAudit(), newDoctor(), newKeys(), newVersion())
	return root
}

// usageError is a command line or configuration that cannot be understood.
type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// ranError is an error of a command that began to run: the command line itself was understood.
type ranError struct{ err error }

func (r *ranError) Error() string { return r.err.Error() }
func (r *ranError) Unwrap() error { return r.err }

// ran lets do run with the settings of flags, environment and file in place.
func ran(do func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := configure(cmd); err != nil {
			return err
		}
		if err := do(cmd, args); err != nil {
			return &ranError{err}
		}
		return nil
	}
}

// errFailed ends a command with status 1 that has said already what is wrong.
var errFailed = errors.New("failed")

// status returns the exit status for what a command returned.
func status(err error) int {
	if err == nil {
		return exitOK
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*ranError](err); !ok {
		return exitUsage
	}
	switch standin.KindOf(err) {
	case standin.Invalid, standin.Denied, standin.Conflict, standin.NotFound, standin.Unauthenticated:
		return exitRefused
	}
	return exitFailed
}

// explain writes what went wrong, for people or as JSON.
func explain(root *cobra.Command, talk io.Writer, err error) {
	if errors.Is(err, errFailed) {
		return
	}
	said := struct {
		Kind    standin.Kind `json:"kind"`
		Code    string       `json:"code,omitempty"`
		Message string       `json:"message"`
		Cause   string       `json:"cause,omitempty"`
	}{Kind: standin.KindOf(err), Code: standin.CodeOf(err), Message: err.Error()}
	if status(err) == exitUsage {
		said.Kind = standin.Invalid
	}
	if e, ok := errors.AsType[*standin.Error](err); ok {
		said.Message = e.Text()
		if e.Err != nil {
			said.Cause = e.Err.Error()
		}
	}
	if asJSON, _ := root.PersistentFlags().GetBool("json"); asJSON {
		_ = json.NewEncoder(talk).Encode(map[string]any{"error": said})
		return
	}
	fmt.Fprintln(talk, "standin: "+said.Message)
	if said.Cause != "" {
		fmt.Fprintln(talk, "  because: "+said.Cause)
	}
	if status(err) == exitUsage {
		fmt.Fprintln(talk, "  standin --help lists the commands and their flags.")
	}
}

// write prints v as JSON on stdout when --json was given, else calls text.
func write(cmd *cobra.Command, v any, text func(out io.Writer)) error {
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(v)
	}
	text(cmd.OutOrStdout())
	return nil
}
