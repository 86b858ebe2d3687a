package words

import (
	"strconv"
	"strings"
	"time"
)

// Day returns the day of t, "Sat 28 Nov", with the year where it is not now's. Both are read in the zone of t.
func (w *Words) Day(t, now time.Time) string {
	args := map[string]any{
		"Weekday": pick(w.Text("date.weekdays", nil), int(t.Weekday())),
		"Day":     strconv.Itoa(t.Day()),
		"Month":   pick(w.Text("date.months", nil), int(t.Month())-1),
		"Year":    strconv.Itoa(t.Year()),
	}
	if t.Year() == now.In(t.Location()).Year() {
		return w.Text("date.day", args)
	}
	return w.Text("date.day_year", args)
}

// Moment returns day and time of t, "Sat 28 Nov, 22:00".
func (w *Words) Moment(t, now time.Time) string { return w.moment(t, t.Format("15:04"), now) }

func (w *Words) moment(day time.Time, clock string, now time.Time) string {
	return w.Text("date.moment", map[string]any{"Day": w.Day(day, now), "Time": clock})
}

// Clock returns the time of day of t, "22:00".
func (w *Words) Clock(t time.Time) string {
	return w.Text("date.clock", map[string]any{"Time": t.Format("15:04")})
}

// Near returns "today, 22:00", "tomorrow, 22:00" or the day and time of t.
func (w *Words) Near(t, now time.Time) string { return w.near(t, t.Format("15:04"), now) }

func (w *Words) near(day time.Time, clock string, now time.Time) string {
	now = now.In(day.Location())
	for days, key := range []string{"date.today", "date.tomorrow"} {
		if y, m, d := now.AddDate(0, 0, days).Date(); day.Year() == y && day.Month() == m && day.Day() == d {
			return w.Text(key, map[string]any{"Time": clock})
		}
	}
	return w.moment(day, clock, now)
}

// Until is Near for the end of something: midnight is written as the end of the day before, "Sun 8 Nov, 24:00", and not
// as the beginning of a day on which nothing holds any more.
func (w *Words) Until(t, now time.Time) string {
	day, clock := ending(t)
	return w.near(day, clock, now)
}

// Ending is Moment for the end of something, as Until.
func (w *Words) Ending(t, now time.Time) string {
	day, clock := ending(t)
	return w.moment(day, clock, now)
}

func ending(t time.Time) (day time.Time, clock string) {
	if hour, minute, second := t.Clock(); hour == 0 && minute == 0 && second == 0 {
		return t.AddDate(0, 0, -1), "24:00"
	}
	return t, t.Format("15:04")
}

// Span returns a length of time in at most two units, "1 hour 30 minutes".
func (w *Words) Span(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	if minutes < 1 {
		return w.Text("span.moments", nil)
	}
	var parts []string
	for _, unit := range []struct {
		key     string
		minutes int
	}{{"span.days", 24 * 60}, {"span.hours", 60}, {"span.minutes", 1}} {
		if n := minutes / unit.minutes; n > 0 && len(parts) < 2 {
			parts = append(parts, w.Text(unit.key, map[string]any{"Count": n}))
			minutes %= unit.minutes
		} else if len(parts) > 0 {
			break
		}
	}
	return strings.Join(parts, " ")
}

// Number returns n with its thousands set apart.
func (w *Words) Number(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && r != '-' && digits[i-1] != '-' {
			b.WriteString(w.Text("number.thousands", nil))
		}
		b.WriteRune(r)
	}
	return b.String()
}

// value writes an error's value: instants as day and time, spans in words, all else as it is.
func (w *Words) value(s string) string {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return w.Day(t, t) + " " + t.Format("2006, 15:04 MST")
	}
	if d, err := time.ParseDuration(s); err == nil && d >= time.Minute {
		return w.Span(d)
	}
	return s
}

func pick(list string, i int) string { return strings.Fields(list)[i] }
