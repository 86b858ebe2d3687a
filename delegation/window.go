package delegation

import (
	"time"

	"github.com/standin-id/standin"
)

const (
	// justNow is how far back a start may lie and still be taken to mean "from now": somebody chose "today".
	justNow = 24 * time.Hour
	// farthest bounds every window, so that a mistyped year is noticed.
	farthest = 100 * 366 * 24 * time.Hour
	// usualSpan is what one renewal adds where the organisation sets no longest span.
	usualSpan = 90 * 24 * time.Hour
)

// window returns the window that somebody who asks for it at now gets. A zero start is now, and so is one up to a day
// back; a zero end is the longest that the cap allows, or none without a cap (0). A standby's window has no cap, for its
// span counts from each enabling.
func window(kind Kind, start, end, now time.Time, limit time.Duration) (time.Time, time.Time, error) {
	switch {
	case start.IsZero():
		start = now
	case start.Before(now.Add(-justNow)):
		return start, end, standin.Refuse(standin.Invalid, "delegation.window", "delegation.start_past",
			"The start lies in the past. Choose today or a later day.").On("start").With("start", start.Format(time.RFC3339))
	case start.Before(now):
		start = now
	}
	if err := checkEnd(start, end, now); err != nil {
		return start, end, err
	}
	end, err := capped(kind, start, end, limit)
	return start.Truncate(time.Microsecond).UTC(), end.Truncate(time.Microsecond).UTC(), err
}

// checkEnd refuses an end that is past, not after the start, or absurdly far away; and a start that is.
func checkEnd(start, end, now time.Time) error {
	switch {
	case start.After(now.Add(farthest)):
		return standin.Refuse(standin.Invalid, "delegation.window", "delegation.too_far",
			"This date is more than a hundred years away.").On("start")
	case end.IsZero():
		return nil
	case !end.After(now):
		return standin.Refuse(standin.Invalid, "delegation.window", "delegation.end_past",
			"The end lies in the past. Choose a later one.").On("end").With("end", end.Format(time.RFC3339))
	case !end.After(start):
		return endBeforeStart()
	case end.After(now.Add(farthest)):
		return standin.Refuse(standin.Invalid, "delegation.window", "delegation.too_far",
			"This date is more than a hundred years away.").On("end")
	}
	return nil
}

func endBeforeStart() error {
	return standin.Refuse(standin.Invalid, "delegation.window", "delegation.end_before_start", "The end must be after the start.").On("end")
}

// capped returns the end under the cap, counted from the instant given: the end itself where it is allowed, the longest
// one where it is zero.
func capped(kind Kind, from, end time.Time, limit time.Duration) (time.Time, error) {
	if limit <= 0 || kind == Standby {
		return end, nil
	}
	longest := from.Add(limit)
	if end.IsZero() {
		return longest, nil
	}
	if end.After(longest) {
		return end, standin.Refuse(standin.Invalid, "delegation.window", "delegation.over_cap",
			"Your organisation allows at most {span}. The latest end is {longest}.").On("end").
			With("span", limit).With("longest", longest.UTC().Format(time.RFC3339))
	}
	return end, nil
}

// renewedEnd returns the end that one renewal at now gives: the cap counted anew from now, or from a start still to come;
// without a cap, 90 days after the present end.
func (d Delegation) renewedEnd(now time.Time, limit time.Duration) time.Time {
	if limit <= 0 {
		return d.EndsAt.Add(usualSpan)
	}
	return latest(d.StartsAt, now).Add(limit)
}

// Edge says which end of a window a wall clock's reading is for.
type Edge bool

const (
	Start Edge = false
	End   Edge = true
)

// AtWallClock returns the instant at which clocks in zone read wall, "2006-01-02T15:04". Where the clocks jump over that
// reading it is refused with the first one that exists; where they show it twice, the window gets shorter: a start takes
// the later instant, an end the earlier (THREATS 40). A bare date, "2006-01-02", is the beginning of that day for a
// start, and for an end the end of that day.
func AtWallClock(wall, zone string, edge Edge) (time.Time, error) {
	field := "start"
	if edge == End {
		field = "end"
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, standin.Refuse(standin.Invalid, "delegation.window", "delegation.bad_zone",
			"There is no time zone \"{zone}\".").On(field).With("zone", cut(zone)).Because(err)
	}
	if day, err := time.Parse("2006-01-02", wall); err == nil {
		if edge == End {
			day = day.AddDate(0, 0, 1)
		}
		return dayBegins(day, place), nil
	}
	reading, err := time.Parse("2006-01-02T15:04", wall)
	if err != nil {
		return time.Time{}, standin.Refuse(standin.Invalid, "delegation.window", "delegation.bad_date",
			"\"{text}\" is no date and time. Write it like 2026-11-28T22:00.").On(field).With("text", cut(wall))
	}
	found := readings(reading, place)
	switch {
	case len(found) == 0:
		return time.Time{}, standin.Refuse(standin.Invalid, "delegation.window", "delegation.clock_gap",
			"On that day the clocks jump over {time}. Choose {next} or later.").On(field).
			With("time", reading.Format("15:04")).With("next", afterGap(reading, place).Format("15:04"))
	case edge == End:
		return earliest(found...), nil
	}
	return latest(found...), nil
}

// readings returns the instants, at most two, at which clocks in place show the reading, which is written as if in UTC.
func readings(reading time.Time, place *time.Location) []time.Time {
	var found []time.Time
	for _, near := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		_, offset := reading.Add(near).In(place).Zone()
		at := reading.Add(-time.Duration(offset) * time.Second)
		_, really := at.In(place).Zone()
		if really == offset && (len(found) == 0 || !found[0].Equal(at)) {
			found = append(found, at)
		}
	}
	return found
}

// afterGap returns the first instant that clocks show after they jumped over the reading.
func afterGap(reading time.Time, place *time.Location) time.Time {
	_, before := reading.Add(-26 * time.Hour).In(place).Zone()
	jumped, _ := reading.Add(-time.Duration(before) * time.Second).In(place).ZoneBounds()
	return jumped
}

// dayBegins returns the first instant of the day in place, which is not midnight where the clocks jump over it.
func dayBegins(day time.Time, place *time.Location) time.Time {
	if found := readings(day, place); len(found) > 0 {
		return earliest(found...).UTC()
	}
	return afterGap(day, place).UTC()
}
