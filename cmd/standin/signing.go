package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	signing "github.com/standin-id/standin/token/keys"
)

func newKeys() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Look at the keys that sign tokens, and replace them",
		Long: "The keys that sign tokens are in the database, sealed with the seal in the keys file. They are replaced by themselves\n" +
			"every ninety days.",
		Args: cobra.NoArgs,
	}
	list := &cobra.Command{
		Use: "list", Short: "Print the keys that applications know, and those that were stolen", Args: cobra.NoArgs, RunE: ran(listKeys),
	}
	rotate := &cobra.Command{
		Use:   "rotate",
		Short: "Let the next keys sign",
		Long: "Lets the next keys sign and makes others to come next. What the keys before signed is good until it is over. With\n" +
			"--stolen it is refused within a second by every running server, and nothing ever signs with them again: nobody is\n" +
			"signed out, applications fetch new tokens. It may run beside a running server.",
		Args: cobra.NoArgs,
		RunE: ran(rotateKeys),
	}
	rotate.Flags().Bool("stolen", false, "the keys were stolen: refuse what they signed at once")
	for _, c := range []*cobra.Command{list, rotate} {
		databaseFlags(c)
		cmd.AddCommand(c)
	}
	return cmd
}

// signingKey is what keys list --json writes of each.
type signingKey struct {
	ID        string     `json:"id"`
	Algorithm string     `json:"algorithm"`
	State     string     `json:"state"`
	MadeAt    time.Time  `json:"made_at"`
	SignsAt   *time.Time `json:"signs_at,omitempty"`
	RetiredAt *time.Time `json:"retired_at,omitempty"`
	StolenAt  *time.Time `json:"stolen_at,omitempty"`
}

func signingKeys(all []signing.Key) []signingKey {
	list := []signingKey{}
	for _, k := range all {
		list = append(list, signingKey{k.ID, k.Algorithm, k.State(), k.MadeAt, moment(k.SignsAt), moment(k.RetiredAt), moment(k.StolenAt)})
	}
	return list
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func listKeys(cmd *cobra.Command, _ []string) error {
	return withKeys(cmd, func(*house, standin.Caller) error { return nil })
}

func rotateKeys(cmd *cobra.Command, _ []string) error {
	stolen, _ := cmd.Flags().GetBool("stolen")
	return withKeys(cmd, func(h *house, by standin.Caller) error { return h.signing.Rotate(cmd.Context(), by, stolen) })
}

// withKeys does something with the house and prints the keys as they are then.
func withKeys(cmd *cobra.Command, do func(h *house, by standin.Caller) error) (err error) {
	log, err := logger(cmd)
	if err != nil {
		return err
	}
	existing, err := openExisting(cmd.Context(), cmd) // no command but serve makes a database
	if err != nil {
		return err
	}
	if err := existing.Close(); err != nil {
		return err
	}
	h, err := openHouse(cmd.Context(), cmd, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(cmd.Context())) }()
	by := standin.OperatorCaller(standin.Operator, "keys")
	if err := do(h, by); err != nil {
		return err
	}
	all, _, err := h.signing.List(cmd.Context(), by)
	if err != nil {
		return err
	}
	list := signingKeys(all)
	return write(cmd, list, func(out io.Writer) {
		for _, k := range list {
			fmt.Fprintf(out, "%-8s %-6s %s  %s\n", k.State, k.Algorithm, k.MadeAt.Format(time.RFC3339), k.ID)
		}
	})
}
