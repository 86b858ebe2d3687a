package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/world"
)

// announcement is what demo --json writes when it listens.
type announcement struct {
	URL    string   `json:"url"`
	People []player `json:"people"`
}

type player struct {
	Organisation string `json:"organisation"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	Password     string `json:"password"`
	Part         string `json:"part"` // what they are there for
}

func announced(url string, f *world.File, now time.Time) announcement {
	a := announcement{URL: url}
	for _, o := range f.Organisations {
		for _, p := range o.People {
			if p.Password != "" {
				a.People = append(a.People, player{string(o.ID), p.Name, p.Email, p.Password, part(o, p, now)})
			}
		}
	}
	return a
}

// part says what the person is there for: for whom they stand in and who for them, and whether they administer or audit.
func part(o world.Organisation, p world.Person, now time.Time) string {
	var all, principals, actors []string
	for _, held := range p.Roles {
		at := slices.IndexFunc(o.Roles, func(r world.Role) bool { return r.ID == held.Role })
		switch {
		case at < 0:
		case (directory.Role{Role: o.Roles[at].Role}).Administers():
			all = append(all, "administers everything")
		case slices.Contains(o.Roles[at].Allow, "standin:audit.view") && slices.Contains(o.Roles[at].Allow, "standin:review.run"):
			all = append(all, "audits")
		case slices.Contains(o.Roles[at].Allow, "standin:person.manage@unit") && !slices.Contains(all, "manages people"):
			all = append(all, "manages people")
		}
	}
	for _, d := range o.Delegations {
		if d.Kind == string(delegation.Standby) && d.EnabledFor == 0 || d.Start != nil && d.Start.After(now) || d.End != nil && !d.End.After(now) {
			continue
		}
		switch p.ID {
		case d.Actor:
			principals = append(principals, short(o, d.Principal))
		case d.Principal:
			actors = append(actors, short(o, d.Actor))
		}
	}
	if len(principals) > 0 {
		all = append(all, "stands in for "+strings.Join(principals, ", "))
	}
	if len(actors) > 0 {
		all = append(all, "covered by "+strings.Join(actors, ", "))
	}
	return strings.Join(all, "; ")
}

// short returns the first two words of the person's name.
func short(o world.Organisation, id standin.PersonID) string {
	for _, p := range o.People {
		if words := strings.Fields(p.Name); p.ID == id {
			return strings.Join(words[:min(len(words), 2)], " ")
		}
	}
	return string(id)
}

func announce(out io.Writer, a announcement) {
	fmt.Fprintf(out, "Open this address and continue as one of the people:\n\n    %s/continue\n\n", a.URL)
	same := !slices.ContainsFunc(a.People, func(p player) bool { return p.Password != a.People[0].Password })
	if same {
		fmt.Fprintf(out, "Or sign in at %s/signin, with the password %s:\n", a.URL, a.People[0].Password)
	} else {
		fmt.Fprintf(out, "Or sign in at %s/signin:\n", a.URL)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	last := ""
	for _, p := range a.People {
		if p.Organisation != last {
			last = p.Organisation
			fmt.Fprintf(table, "\n  %s\n", last)
		}
		if !same {
			p.Email += " " + p.Password
		}
		fmt.Fprintf(table, "    %s\t%s\t%s\n", p.Name, p.Email, cmp.Or(p.Part, "stands in for nobody"))
	}
	_ = table.Flush()
	fmt.Fprintln(out, "\nEverything is invented, and only this machine can connect. Ctrl-C ends it.")
}

// machineZone returns the name of this machine's time zone, "" where it has none but UTC or none that can be told.
func machineZone() string {
	name := strings.TrimPrefix(os.Getenv("TZ"), ":")
	if name == "" {
		if target, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
			_, name, _ = strings.Cut(target, "/zoneinfo/")
		}
	}
	place, err := time.LoadLocation(name)
	if err != nil || place == time.Local || place.String() == "UTC" || strings.HasPrefix(name, "Etc/") {
		return ""
	}
	return name
}
