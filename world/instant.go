package world

import (
	"cmp"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/world/source"
)

// instant reads RFC 3339, or a date as the first or last day in the organisation's zone; and, in a trial, what counts
// from now. day is the date, where one was written.
func (r *reader) instant(n ast.Node, zone string, edge delegation.Edge) (at *time.Time, day string) {
	before := len(r.Problems)
	text := r.Text(n, "an instant")
	if len(r.Problems) > before {
		return nil, ""
	}
	zone = cmp.Or(zone, "UTC")
	t, counted := r.counted(text, zone, edge)
	var err error
	switch {
	case counted:
	case len(text) == len(time.DateOnly):
		day = text
		t, err = delegation.AtWallClock(day, zone, edge)
	default:
		t, err = time.Parse(time.RFC3339Nano, text)
	}
	t = t.UTC().Truncate(time.Microsecond)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		r.Problems.Add(source.PositionOf(n), `"%s" is no instant; 2026-11-01T00:00:00Z or 2026-11-01 is expected, from 1970 on`, source.Excerpt(text))
		return nil, ""
	}
	return &t, day
}

// readIn reads the delegation's dates again as days in the zone.
func (d *Delegation) readIn(zone string) {
	for _, date := range []struct {
		day  string
		edge delegation.Edge
		at   **time.Time
	}{{d.startDay, delegation.Start, &d.Start}, {d.endDay, delegation.End, &d.End}} {
		if date.day == "" {
			continue
		}
		if t, err := delegation.AtWallClock(date.day, zone, date.edge); err == nil {
			*date.at = new(t.UTC().Truncate(time.Microsecond))
		}
	}
}

// dates settles in which zone the organisation's dates are days, and tells: the one that the file names, else the
// organisation's own.
func (p *planner) dates(o *Organisation, f *facts) {
	in := Dates{Organisation: o.ID, Zone: o.zone, From: "file"}
	if in.Zone == "" {
		in.Zone, in.From = f.settings.TimeZone, "organisation"
		if f.is == nil {
			in.From = "default"
		}
	}
	written := false
	for i := range o.Delegations {
		d := &o.Delegations[i]
		written = written || d.startDay != "" || d.endDay != ""
		if o.zone == "" {
			d.readIn(in.Zone)
		}
	}
	if written {
		p.plan.Dates = append(p.plan.Dates, in)
	}
}

// counted reads "now+4h", to the second, and "today-5d", which is a date.
func (r *reader) counted(text, zone string, edge delegation.Edge) (t time.Time, ok bool) {
	if r.now.IsZero() {
		return t, false
	}
	word, rest := text, ""
	if at := strings.IndexAny(text, "+-"); at >= 0 {
		word, rest = text[:at], text[at:]
	}
	var span time.Duration
	if rest != "" {
		d, err := directory.ParseSpan(rest[1:])
		if err != nil || d == 0 {
			return t, false
		}
		if span = d; rest[0] == '-' {
			span = -d
		}
	}
	switch word {
	case "now":
		return r.now.Truncate(time.Second).Add(span), true
	case "today":
		place, err := time.LoadLocation(zone)
		if err != nil || span%(24*time.Hour) != 0 {
			return t, false
		}
		day := r.now.In(place).AddDate(0, 0, int(span/(24*time.Hour)))
		t, err = delegation.AtWallClock(day.Format(time.DateOnly), zone, edge)
		return t, err == nil
	}
	return t, false
}
