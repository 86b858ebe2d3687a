// Package world makes world files of any size, of which the same arguments always give the same bytes, and measures how
// they are applied. It refuses nothing and belongs to no program.
package world

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// Company says how large an organisation is.
type Company struct {
	People, Delegations int
	Start               time.Time // what lies around this day is active
}

var (
	given = []string{"Aoife", "Ben", "Chiara", "Dilek", "Emil", "Fatima", "Goran", "Hanna", "Ikram", "Jonas", "Katja", "Lars",
		"Mei", "Noor", "Oskar", "Priya", "Quentin", "Rosa", "Søren", "Tomás", "Ursula", "Viktor", "Wanda", "Ximena", "Yusuf", "Zofia"}
	family = []string{"Achterberg", "Brennan", "Castillo", "Demir", "Eriksen", "Fischer", "García", "Hoffmann", "Ito", "Jansen",
		"Kowalczyk", "Lindqvist", "Müller", "Nowak", "Okafor", "Petrov", "Quinn", "Raman", "Silva", "Tanaka", "Ueda", "Vidal",
		"Weber", "Xu", "Yıldız", "Zimmermann"}
	zones    = []string{"Europe/Berlin", "Europe/Dublin", "Asia/Dubai", "America/New_York", "Asia/Tokyo"}
	purposes = []string{"Annual leave", "Parental leave", "Business trip", "Study leave", "Conference", "Handover"}
)

// Write writes the company as a world file. Person p-00000 runs it; p-00001 may sign in with the password
// "only-for-trials" and stands in, now, for the head of their unit.
func (c Company) Write(to io.Writer) error {
	w := bufio.NewWriter(to)
	random := rand.New(rand.NewPCG(1, 2))
	fmt.Fprint(w, head)
	units := max(1, c.People/50)
	for u := range units {
		fmt.Fprintf(w, "      - %s\n", unit(u))
	}
	fmt.Fprint(w, "    people:\n")
	for i := range c.People {
		c.person(w, random, i, units)
	}
	fmt.Fprint(w, "    delegations:\n")
	for i := range c.Delegations {
		c.delegation(w, random, i, units)
	}
	return w.Flush()
}

const head = `organisations:
  - id: large
    name: Large Ltd
    settings: {delegation: {max: none}, time_zone: Europe/Berlin}
    applications:
      - id: desk
        name: Workdesk
        types:
          expense: {actions: {view: {}, enter: {personal: true}, approve: {category: cost_centre, approves: true}}, fields: {amount: {}}}
          project: {actions: {view: {}, plan: {category: project}}}
    roles:
      - {id: staff, rank: 0, allow: ["desk:expense.view@own", "desk:expense.enter@own", "desk:project.view@unit"]}
      - {id: head, rank: 20, allow: ["desk:expense.*@unit", "desk:project.*@unit", "standin:audit.view@unit"]}
      - {id: super_admin, rank: 90, allow: ["standin:*.*"]}
    units:
`

// unit returns the path of a unit: every tenth stands at the top, the others are in the one before.
func unit(u int) string {
	if u%10 == 0 {
		return fmt.Sprintf("unit%d", u)
	}
	return fmt.Sprintf("unit%d/team%d", u/10*10, u)
}

// person writes one person. The first of each unit heads it.
func (c Company) person(w io.Writer, random *rand.Rand, i, units int) {
	roles, manager, more := "staff", fmt.Sprintf(", manager: %s", id(i%units)), ""
	if i < units {
		roles, manager = "staff, head", ", manager: p-00000"
	}
	switch i {
	case 0:
		roles, manager = "staff, head, super_admin", ""
	case 1:
		more = ", password: only-for-trials, accepted_terms: true"
	}
	fmt.Fprintf(w, "      - {id: %s, name: %s %s, email: %s@large.example, unit: %s, roles: [%s], time_zone: %s%s%s}\n", id(i),
		given[random.IntN(len(given))], family[random.IntN(len(family))], id(i), unit(i%units), roles, zones[random.IntN(len(zones))],
		manager, more)
}

func id(i int) string { return fmt.Sprintf("p-%05d", i) }

// delegation writes one delegation, of five each of which one has limits, one is a standby and one is still to come.
func (c Company) delegation(w io.Writer, random *rand.Rand, i, units int) {
	principal := random.IntN(c.People)
	actor := (principal + 1 + random.IntN(c.People-1)) % c.People
	begins := c.Start.AddDate(0, 0, -random.IntN(60))
	rest := ""
	switch i % 5 {
	case 1:
		rest = fmt.Sprintf(`, limits: {deny: ["desk:expense.approve"], read_only: %t, units: [%s]}`, i%2 == 0, unit(random.IntN(units)))
	case 2:
		rest = ", kind: standby"
	case 3:
		begins = c.Start.AddDate(0, 0, 1+random.IntN(90))
	}
	if i == 0 {
		principal, actor, begins, rest = 2, 1, c.Start.AddDate(0, 0, -1), ""
	}
	fmt.Fprintf(w, "      - {id: d-%05d, principal: %s, actor: %s, start: %s, end: %s, purpose: %s%s}\n", i, id(principal), id(actor),
		begins.Format(time.DateOnly), begins.AddDate(0, 0, 61+random.IntN(100)).Format(time.DateOnly), purposes[random.IntN(len(purposes))], rest)
}
