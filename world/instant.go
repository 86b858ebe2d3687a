package world

import (
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/world/source"
)

// instant reads RFC 3339, or a date as the first or last day in the organisation's zone; and, in a trial, what counts
// from now.
func (r *reader) instant(n ast.Node, zone string, edge delegation.Edge) *time.Time {
	before := len(r.Problems)
	text := r.Text(n, "an instant")
	if len(r.Problems) > before {
		return nil
	}
	t, counted := r.counted(text, zone, edge)
	var err error
	switch {
	case counted:
	case len(text) == len(time.DateOnly):
		t, err = delegation.AtWallClock(text, zone, edge)
	default:
		t, err = time.Parse(time.RFC3339Nano, text)
	}
	t = t.UTC().Truncate(time.Microsecond)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		r.Problems.Add(source.PositionOf(n), `"%s" is no instant; 2026-11-01T00:00:00Z or 2026-11-01 is expected, from 1970 on`, source.Excerpt(text))
		return nil
	}
	return &t
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
