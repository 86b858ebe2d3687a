package lists

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jszwec/csvutil"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/world/table"
)

// personLine is a person as lists write them.
type personLine struct {
	ID       string `csv:"id"`
	Name     string `csv:"name"`
	Email    string `csv:"email"`
	Unit     string `csv:"unit"`
	Manager  string `csv:"manager"`
	TimeZone string `csv:"time_zone"`
	Language string `csv:"language"`
	Roles    string `csv:"roles"`
}

// delegationLine is a delegation as lists write them.
type delegationLine struct {
	ID        string `csv:"id"`
	Actor     string `csv:"actor"`
	Principal string `csv:"principal"`
	Kind      string `csv:"kind"`
	Start     string `csv:"start"`
	End       string `csv:"end"`
	Purpose   string `csv:"purpose"`
	Allow     string `csv:"allow"`
	Deny      string `csv:"deny"`
	Units     string `csv:"units"`
	ReadOnly  string `csv:"read_only"`
	Sealed    string `csv:"sealed"`
}

// Export writes the list of those whom the caller manages, people who are active or delegations that are not over, in
// order of id. Sent again, nothing changes by it.
func (l *Lists) Export(ctx context.Context, caller standin.Caller, kind Kind, form table.Form, to io.Writer) error {
	if kind != People && kind != Delegations {
		return unknownKind()
	}
	var f *facts
	err := l.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		f, err = l.load(ctx, tx, caller, kind)
		return err
	})
	if err != nil {
		return err
	}
	out, err := table.NewWriter(form, to)
	if err != nil {
		return err
	}
	lines := csvutil.NewEncoder(out)
	if kind == People {
		err = f.writePeople(lines)
	} else {
		err = f.writeDelegations(lines)
	}
	if err != nil {
		return err
	}
	return out.Close()
}

func (f *facts) writePeople(lines *csvutil.Encoder) error {
	roles := map[standin.PersonID][]string{}
	for h := range f.holdings {
		name := string(h.Role)
		if h.Unit != "" {
			name += "@" + string(h.Unit)
		}
		roles[h.Person] = append(roles[h.Person], name)
	}
	if err := lines.EncodeHeader(personLine{}); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(f.people)) {
		p := f.people[id]
		if !p.Active() || !f.manages(p) {
			continue
		}
		slices.Sort(roles[id])
		if err := lines.Encode(personLine{ID: string(p.ID), Name: p.Name, Email: p.Email, Unit: string(p.Unit), Manager: string(p.Manager),
			TimeZone: p.TimeZone, Language: p.Language, Roles: strings.Join(roles[id], " ")}); err != nil {
			return err
		}
	}
	return nil
}

func (f *facts) writeDelegations(lines *csvutil.Encoder) error {
	if err := lines.EncodeHeader(delegationLine{}); err != nil {
		return err
	}
	c, now := calendar{zone: f.organisation.Settings.TimeZone}, standin.Now(f.now)
	for _, id := range slices.Sorted(maps.Keys(f.delegations)) {
		d := f.delegations[id]
		if d.StateAt(now).Over() || !f.manages(f.people[d.Principal]) {
			continue
		}
		if err := lines.Encode(f.line(d, c)); err != nil {
			return err
		}
	}
	return nil
}

func (f *facts) line(d delegation.Delegation, c calendar) delegationLine {
	units := make([]string, len(d.Limits.Units))
	for i, u := range d.Limits.Units {
		units[i] = string(u)
	}
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return ""
	}
	return delegationLine{ID: string(d.ID), Actor: address(f.people[d.Actor]), Principal: address(f.people[d.Principal]), Kind: string(d.Kind),
		Start: c.write(d.StartsAt, delegation.Start), End: c.write(d.EndsAt, delegation.End), Purpose: d.Purpose,
		Allow: strings.Join(d.Limits.Allow, " "), Deny: strings.Join(d.Limits.Deny, " "), Units: strings.Join(units, " "),
		ReadOnly: yes(d.Limits.ReadOnly), Sealed: yes(d.Limits.Sealed)}
}

// address is how lists name a person.
func address(p directory.Person) string { return p.Email }

// WriteRefused writes all refused rows of the plan in the form, as they were sent, each with the reason in the words that
// say gives, to be corrected and sent again. The plan of a Run that is Running has none yet.
func (p *Plan) WriteRefused(form table.Form, to io.Writer, say func(error) string) error {
	if p == nil {
		return standin.Refuse(standin.Conflict, "list.write", "list.running", "This list is being applied. Fetch the refused rows when it is done.")
	}
	out, err := table.NewWriter(form, to)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(p.table.Head, refusedToo.Called)
	head := slices.Clone(p.table.Head)
	if at < 0 {
		at, head = len(head), append(head, refusedColumn)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for _, r := range p.Rows {
		if r.Outcome != Refuse {
			continue
		}
		cells := make([]string, len(head))
		copy(cells, r.cells.Cells)
		cells[at] = say(r.Refusal)
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	return out.Close()
}

// Said returns what a refusal says in English, for WriteRefused.
func Said(refusal error) string {
	var e *standin.Error
	if asRefusal(refusal, &e) {
		return e.Text()
	}
	return refusal.Error()
}
