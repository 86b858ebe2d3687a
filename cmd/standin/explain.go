package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/keys"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/rights"
)

func newExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain APP:TYPE.ACTION[/FIELD]",
		Short: "Say whether somebody may do something, why, and what would change it",
		Long: "Answers as an application would be answered: may the principal do this, in their own name or, with --actor, by\n" +
			"that person who acts for them? It says every reason for and against, and what would by itself turn the answer.\n" +
			"Windows are judged at the instant of --at; roles, limits and rules are those of now. Nothing is changed or\n" +
			"recorded, and it may run beside a running server. Exit status 0, whatever the answer.",
		Args: cobra.ExactArgs(1),
		RunE: ran(explainDecision),
	}
	databaseFlags(cmd)
	f := cmd.Flags()
	f.String("organisation", "", "the organisation's id; needed where there are several")
	f.String("principal", "", "who would do it, or for whom it would be done, by their id")
	f.String("actor", "", "who would act for the principal, by their id")
	f.String("session", "", "the acting session in which it would be done")
	f.String("delegation", "", "which of several delegations between the two is meant")
	f.String("record", "", "the record's id within its type")
	f.String("owner", "", "whose record it is, by their id")
	f.String("entered-by", "", "who entered the record, by their id")
	f.String("unit", "", "the record's unit")
	f.Bool("self-approval", false, "the record may be judged by whom it belongs to")
	f.StringArray("property", nil, "a property of the record, NAME=VALUE; the value is JSON or else a text")
	f.String("at", "", "the instant, 2026-11-02T09:00:00Z (default: now)")
	return cmd
}

// explained is what explain --json writes.
type explained struct {
	Permit     bool        `json:"permit"`
	At         time.Time   `json:"at"`
	Delegation string      `json:"delegation,omitempty"`
	Decisive   said        `json:"decisive"`
	Reasons    []said      `json:"reasons"`
	Changes    []alteredBy `json:"changes"`
}

type said struct {
	decision.Reason
	Text string `json:"text"`
}

type alteredBy struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func explainDecision(cmd *cobra.Command, args []string) (err error) {
	q, at, err := questionOf(cmd, args[0])
	if err != nil {
		return err
	}
	log, err := logger(cmd)
	if err != nil {
		return err
	}
	d, err := openCurrent(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	h := furnish(d, keys.Set{}, log)
	caller, err := operatorOf(cmd.Context(), cmd, h, "explain")
	if err != nil {
		return err
	}
	e, err := h.decisions.Explain(cmd.Context(), caller, q, at)
	if err != nil {
		return err
	}
	told := tell(e)
	return write(cmd, told, func(out io.Writer) { told.show(out) })
}

func tell(e decision.Explanation) explained {
	told := explained{Permit: e.Permit, At: e.At, Delegation: string(e.Delegation), Decisive: said{e.Decisive, e.Decisive.Said().Text()},
		Reasons: []said{}, Changes: []alteredBy{}}
	for _, r := range e.Reasons {
		told.Reasons = append(told.Reasons, said{r, r.Said().Text()})
	}
	for _, c := range e.Changes {
		told.Changes = append(told.Changes, alteredBy{c.Code, c.Said().Text()})
	}
	return told
}

func (e explained) show(out io.Writer) {
	answer := "No"
	if e.Permit {
		answer = "Yes"
	}
	fmt.Fprintf(out, "%s, at %s: %s\n", answer, e.At.Format(time.RFC3339), e.Decisive.Text)
	if e.Delegation != "" {
		fmt.Fprintf(out, "By the delegation %s.\n", e.Delegation)
	}
	for _, r := range e.Reasons {
		sign := "-"
		if r.For {
			sign = "+"
		}
		fmt.Fprintf(out, "  %s %s\n", sign, r.Text)
	}
	if len(e.Changes) > 0 {
		fmt.Fprintln(out, "Each of these by itself would change the answer:")
	}
	for _, c := range e.Changes {
		fmt.Fprintf(out, "  * %s\n", c.Text)
	}
}

// questionOf reads the question from the command line.
func questionOf(cmd *cobra.Command, what string) (q decision.Question, at time.Time, err error) {
	p, err := rights.Parse(what)
	if err != nil || p.Scope != rights.Org || strings.Contains(what, rights.Any) || strings.Contains(what, "@") {
		return q, at, usage("%q is no single action; desk:expense.approve is expected, or desk:expense.view/amount for a field", what)
	}
	text := func(name string) string {
		value, _ := cmd.Flags().GetString(name)
		return value
	}
	q = decision.Question{Application: p.Application, Type: p.Type, Action: p.Action, Field: p.Field, ID: text("record"),
		Principal: standin.PersonID(text("principal")), Actor: standin.PersonID(text("actor")),
		Session: standin.SessionID(text("session")), Delegation: standin.DelegationID(text("delegation")),
		Resource: decision.Resource{Owner: standin.PersonID(text("owner")), EnteredBy: standin.PersonID(text("entered-by")), Unit: standin.UnitID(text("unit"))}}
	if q.Principal == "" {
		return q, at, usage("--principal is missing: whose right is asked about?")
	}
	q.SelfApproval, _ = cmd.Flags().GetBool("self-approval")
	pairs, _ := cmd.Flags().GetStringArray("property")
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return q, at, usage("--property %q is not NAME=VALUE", pair)
		}
		if q.Properties == nil {
			q.Properties = map[string]any{}
		}
		var parsed any = value
		if json.Unmarshal([]byte(value), &parsed) != nil {
			parsed = value
		}
		q.Properties[name] = parsed
	}
	if instant := text("at"); instant != "" {
		if at, err = time.Parse(time.RFC3339, instant); err != nil {
			return q, at, usage("--at %q is no instant; 2026-11-02T09:00:00Z is expected", instant)
		}
	}
	return q, at, nil
}
