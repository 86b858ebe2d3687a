package peers

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// The key and the password that the company's world file makes, for as long as a measurement lasts.
const (
	decideKey     = "only-for-measuring-what-an-answer-costs"
	trialPassword = "only-for-trials"
)

// writeWorld writes the company as a world file of Standin. The actors sign in with the trial's password, by addresses
// that addressOf tells.
func (c *company) writeWorld(to io.Writer, actors map[int]bool) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "organisations:\n  - id: peers\n    name: Peers Ltd\n    settings: {delegation: {max: none}}\n    units: [all]\n")
	fmt.Fprintf(w, "    applications:\n      - id: %s\n        name: Workdesk\n        types:\n", application)
	for i, a := range c.actions {
		if i%actionCount == 0 {
			fmt.Fprintf(w, "          %s:\n            actions:\n", a.typ)
		}
		fmt.Fprintf(w, "              %s: {approves: %t}\n", a.name, a.approves)
	}
	fmt.Fprint(w, "    roles:\n")
	for r, allowed := range c.roles {
		fmt.Fprintf(w, "      - {id: %s, rank: 0, allow: [%s]}\n", role(r), c.list(allowed))
	}
	fmt.Fprint(w, "    people:\n")
	for p, held := range c.people {
		roles := make([]string, len(held))
		for k, r := range held {
			roles[k] = role(r)
		}
		password := ""
		if actors[p] {
			password = ", password: " + trialPassword
		}
		fmt.Fprintf(w, "      - {id: %s, name: Person %d, email: %s, unit: all, roles: [%s], accepted_terms: true%s}\n", person(p), p, addressOf(p),
			strings.Join(roles, ", "), password)
	}
	fmt.Fprint(w, "    delegations:\n")
	for i, d := range c.delegations {
		fmt.Fprintf(w, "      - {id: %s, principal: %s, actor: %s, kind: cover, start: %s, end: %s, purpose: leave, limits: {deny: [%s]}}\n",
			delegationName(i), person(d.principal), person(d.actor), d.start.UTC().Format(time.RFC3339), d.end.UTC().Format(time.RFC3339),
			c.list(d.masked))
	}
	fmt.Fprintf(w, "api_keys:\n  - {id: peers, organisation: peers, secret: %s, may: [decide]}\n", decideKey)
	return w.Flush()
}

func (c *company) list(actions []int) string {
	texts := make([]string, len(actions))
	for i, a := range actions {
		texts[i] = fmt.Sprintf("%q", c.actions[a].String())
	}
	return strings.Join(texts, ", ")
}

func addressOf(p int) string { return fmt.Sprintf("p%d@peers.example", p) }
