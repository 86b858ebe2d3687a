package lists

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

var (
	german    = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2}))?$`)
	iso       = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?(?::00)?$`)
	ambiguous = regexp.MustCompile(`^\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}\b`)
	number    = regexp.MustCompile(`^\d{1,6}(\.\d+)?$`)
)

// calendar reads and writes dates in a zone.
type calendar struct {
	zone   string
	days   bool // a number counts days, as in workbooks
	from04 bool // from 1904
}

// read returns the instant that a cell names: a date, "2026-11-30" or "30.11.2026", as the beginning of that day for a
// start, and its end for an end; with a time, what clocks show; or RFC 3339. Day and month that could be exchanged are
// refused.
func (c calendar) read(cell, column string, edge delegation.Edge) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, cell); err == nil {
		return t.UTC().Truncate(time.Microsecond), sane(t, column)
	}
	var wall string
	switch {
	case c.days && number.MatchString(cell):
		days, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			return time.Time{}, badDate(column, cell)
		}
		day, err := excelize.ExcelDateToTime(days, c.from04)
		if err != nil {
			return time.Time{}, badDate(column, cell)
		}
		day = day.Round(time.Minute)
		wall = day.Format("2006-01-02T15:04")
		if days == float64(int64(days)) {
			wall = day.Format(time.DateOnly)
		}
	case german.MatchString(cell):
		m := german.FindStringSubmatch(cell)
		wall = wallClock(m[3], m[2], m[1], m[4], m[5])
	case iso.MatchString(cell):
		m := iso.FindStringSubmatch(cell)
		wall = wallClock(m[1], m[2], m[3], m[4], m[5])
	case ambiguous.MatchString(cell):
		return time.Time{}, standin.Refuse(standin.Invalid, "list.plan", "list.ambiguous_date",
			"\"{text}\" can be read in two ways. Write the date as 2026-11-30 or as 30.11.2026.").On(column).With("text", brief(cell))
	default:
		return time.Time{}, badDate(column, cell)
	}
	t, err := delegation.AtWallClock(wall, c.zone, edge)
	if standin.CodeOf(err) == "delegation.bad_date" {
		return time.Time{}, badDate(column, cell)
	}
	if err != nil {
		return time.Time{}, err
	}
	return t.UTC().Truncate(time.Microsecond), sane(t, column)
}

func wallClock(year, month, day, hour, minute string) string {
	two := func(s string) string { return strings.Repeat("0", max(0, 2-len(s))) + s }
	wall := year + "-" + two(month) + "-" + two(day)
	if hour != "" {
		wall += "T" + two(hour) + ":" + minute
	}
	return wall
}

func badDate(column, cell string) error {
	return standin.Refuse(standin.Invalid, "list.plan", "list.bad_date", "\"{text}\" is no date. Write it as 2026-11-30 or as 30.11.2026.").
		On(column).With("text", brief(cell))
}

func sane(t time.Time, column string) error {
	if t.Year() < 1970 || t.Year() > 9999 {
		return badDate(column, t.Format(time.DateOnly))
	}
	return nil
}

// write returns how the instant is written so that read returns it again: as a date or a clock's reading where they are
// that very instant, else with everything.
func (c calendar) write(t time.Time, edge delegation.Edge) string {
	if t.IsZero() {
		return ""
	}
	place, err := time.LoadLocation(c.zone)
	if err != nil {
		return t.UTC().Format(time.RFC3339Nano)
	}
	day := t.In(place)
	if edge == delegation.End {
		day = t.Add(-time.Nanosecond).In(place)
	}
	for _, text := range []string{day.Format(time.DateOnly), t.In(place).Format("2006-01-02 15:04")} {
		if again, err := c.read(text, "", edge); err == nil && again.Equal(t) {
			return text
		}
	}
	return t.UTC().Format(time.RFC3339Nano)
}
