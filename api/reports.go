package api

import (
	"context"
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

// Reports are what those who manage delegations should look at. Each list has at most 2,000 entries.
type Reports struct {
	Unused   []Delegation `json:"unused" nullable:"false" doc:"Could be used for long, and never were; the oldest first."`
	Expiring []Delegation `json:"expiring" nullable:"false" doc:"End soon, the next first."`
	Endless  []Delegation `json:"endless" nullable:"false" doc:"Covers without an end, the oldest first."`
	Promoted []Delegation `json:"promoted" nullable:"false" doc:"Their principal got a role since somebody last looked at them; the last one first."`
	Mutual   []Mutual     `json:"mutual" nullable:"false" doc:"Two people who stand in for one another."`
	People   []Load       `json:"people" nullable:"false" doc:"Who stands in for how many, the most first."`
	Counts   Counts       `json:"counts" doc:"Whole, however long the lists."`
}

// Mutual is two delegations between the same two people, either way round.
type Mutual struct {
	One   Delegation `json:"one"`
	Other Delegation `json:"other"`
}

// Load is for how many people somebody stands in, and how many stand in for them.
type Load struct {
	Person Party `json:"person"`
	For    int   `json:"for" doc:"Delegations that they hold."`
	By     int   `json:"by" doc:"Delegations that they granted."`
}

// Counts are how many delegations, pairs and people there are of each.
type Counts struct {
	Unused   int `json:"unused"`
	Expiring int `json:"expiring"`
	Endless  int `json:"endless"`
	Promoted int `json:"promoted"`
	Mutual   int `json:"mutual"`
	People   int `json:"people"`
}

func (a *api) describeReports() {
	put(a, http.MethodGet, "/reports", about{id: "getReports", tag: "Delegations", fails: []int{404}, summary: "Report on delegations",
		text: "Of the people whose delegations the caller manages: unused, expiring, never-ending, of principals who got a role since, mutual, by person."}, a.getReports)
}

type getReportsIn struct {
	Unit standin.UnitID `query:"unit" maxLength:"500" doc:"The unit at or below which the principals are; left out: all."`
}

func (a *api) getReports(ctx context.Context, who standin.Caller, in *getReportsIn) (*body[Reports], error) {
	r, err := a.Delegations.Reports(ctx, who, in.Unit)
	row := func(r delegation.Row) Delegation {
		d := bare(r.Delegation, a.now())
		d.Actor, d.Principal = party(r.Delegation.Actor, r.ActorPerson), party(r.Delegation.Principal, r.PrincipalPerson)
		return d
	}
	return &body[Reports]{Reports{Unused: each(r.Unused, row), Expiring: each(r.Expiring, row), Endless: each(r.Endless, row),
		Promoted: each(r.Promoted, row), Mutual: each(r.Mutual, func(two [2]delegation.Row) Mutual { return Mutual{row(two[0]), row(two[1])} }),
		People: each(r.People, load), Counts: Counts(r.Counts)}}, err
}

func load(l delegation.Load) Load { return Load{party(l.ID, l.Person), l.For, l.By} }
