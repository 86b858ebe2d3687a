package delegation

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/standin-id/standin"
)

func personID(s string) standin.PersonID { return standin.PersonID(s) }

func code(err error) string { return standin.CodeOf(err) }

func TestThreat39Windows(t *testing.T) {
	const limit = 90 * 24 * time.Hour
	none := time.Time{}
	for _, c := range []struct {
		name       string
		kind       Kind
		start, end time.Time
		limit      time.Duration
		wantStart  time.Time
		wantEnd    time.Time
		want       string
	}{
		{"nothing given", Cover, none, none, limit, noon, noon.Add(limit), ""},
		{"nothing given, no cap", Cover, none, none, 0, noon, none, ""},
		{"a standby's naming does not expire", Standby, none, none, limit, noon, none, ""},
		{"a standby may end later than the cap", Standby, none, at(5000), limit, noon, at(5000), ""},
		{"from now until then", Cover, none, at(5), limit, noon, at(5), ""},
		{"an hour ago is now", Cover, at(-1), at(5), limit, noon, at(5), ""},
		{"a day ago is now", Cover, at(-24), at(5), limit, noon, at(5), ""},
		{"more than a day ago", Cover, at(-24).Add(-just), at(5), limit, none, none, "delegation.start_past"},
		{"the end is past", Cover, none, at(-1), limit, none, none, "delegation.end_past"},
		{"the end is now", Cover, none, noon, limit, none, none, "delegation.end_past"},
		{"the end at the start", Cover, at(5), at(5), limit, none, none, "delegation.end_before_start"},
		{"the end before the start", Cover, at(5), at(4), limit, none, none, "delegation.end_before_start"},
		{"at the cap", Cover, at(5), at(5).Add(limit), limit, at(5), at(5).Add(limit), ""},
		{"over the cap", Cover, at(5), at(5).Add(limit + just), limit, none, none, "delegation.over_cap"},
		{"an entry over the cap", Entry, none, noon.Add(limit + just), limit, none, none, "delegation.over_cap"},
		{"year 9999", Cover, none, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0, none, none, "delegation.too_far"},
		{"start in year 9999", Cover, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), none, limit, none, none, "delegation.too_far"},
		{"another zone", Cover, at(1).In(time.FixedZone("x", 3600)), none, 0, at(1), none, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, end, err := window(c.kind, c.start, c.end, noon, c.limit)
			if code(err) != c.want {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if err == nil && (!start.Equal(c.wantStart) || !end.Equal(c.wantEnd)) {
				t.Errorf("got %v to %v, want %v to %v", start, end, c.wantStart, c.wantEnd)
			}
			if start.Location() != time.UTC && err == nil {
				t.Errorf("the start is in %v", start.Location())
			}
		})
	}
	_, _, err := window(Cover, at(24), at(24*200), noon, limit)
	if got, want := err.(*standin.Error).Args["longest"], at(24).Add(limit).Format(time.RFC3339); got != want {
		t.Errorf("the latest end said is %s, want %s", got, want)
	}
}

// TestThreat40 reads wall clocks on days when they are set forward and back.
func TestThreat40WallClocks(t *testing.T) {
	for _, c := range []struct {
		wall, zone string
		edge       Edge
		want       string // RFC 3339, or a code
	}{
		{"2026-11-28T22:00", "Europe/Berlin", End, "2026-11-28T21:00:00Z"},
		{"2026-07-01T09:30", "America/New_York", Start, "2026-07-01T13:30:00Z"},
		{"2026-03-29T02:30", "Europe/Berlin", Start, "delegation.clock_gap"},
		{"2026-03-29T02:00", "Europe/Berlin", End, "delegation.clock_gap"},
		{"2026-03-29T01:59", "Europe/Berlin", Start, "2026-03-29T00:59:00Z"},
		{"2026-03-29T03:00", "Europe/Berlin", Start, "2026-03-29T01:00:00Z"},
		{"2026-10-25T02:30", "Europe/Berlin", Start, "2026-10-25T01:30:00Z"}, // the later
		{"2026-10-25T02:30", "Europe/Berlin", End, "2026-10-25T00:30:00Z"},   // the earlier
		{"2026-10-25T03:00", "Europe/Berlin", End, "2026-10-25T02:00:00Z"},
		{"2026-04-05T01:45", "Australia/Lord_Howe", Start, "2026-04-04T15:15:00Z"}, // half an hour only
		{"2026-04-05T01:45", "Australia/Lord_Howe", End, "2026-04-04T14:45:00Z"},
		{"2011-12-30T12:00", "Pacific/Apia", Start, "delegation.clock_gap"}, // a day that never was
		{"2026-11-28", "Europe/Berlin", Start, "2026-11-27T23:00:00Z"},
		{"2026-11-28", "Europe/Berlin", End, "2026-11-28T23:00:00Z"},
		{"2026-03-29", "Europe/Berlin", End, "2026-03-29T22:00:00Z"},
		{"2018-11-04", "America/Sao_Paulo", Start, "2018-11-04T03:00:00Z"}, // without a midnight
		{"2018-11-03", "America/Sao_Paulo", End, "2018-11-04T03:00:00Z"},
		{"2026-13-01T00:00", "UTC", Start, "delegation.bad_date"},
		{"tomorrow", "UTC", End, "delegation.bad_date"},
		{"", "UTC", End, "delegation.bad_date"},
		{"2026-11-28T22:00", "Mars/Olympus", End, "delegation.bad_zone"},
		{"2026-11-28T22:00", "../etc/passwd", End, "delegation.bad_zone"},
	} {
		got, err := AtWallClock(c.wall, c.zone, c.edge)
		text := got.UTC().Format(time.RFC3339)
		if err != nil {
			text = code(err)
		}
		if text != c.want {
			t.Errorf("%s in %s (end: %v): got %s, want %s", c.wall, c.zone, c.edge, text, c.want)
		}
	}
	_, err := AtWallClock("2026-03-29T02:30", "Europe/Berlin", Start)
	if got := err.(*standin.Error).Args["next"]; got != "03:00" {
		t.Errorf("the advice is %s, want 03:00", got)
	}
}

func FuzzAtWallClock(f *testing.F) {
	f.Add("2026-11-28T22:00", "Europe/Berlin", true)
	f.Add("2026-10-25T02:30", "Europe/Berlin", false)
	f.Fuzz(func(t *testing.T, wall, zone string, edge bool) {
		got, err := AtWallClock(wall, zone, Edge(edge))
		if err != nil {
			return
		}
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := time.Parse("2006-01-02T15:04", wall); err == nil && got.In(place).Format("2006-01-02T15:04") != wall {
			t.Errorf("%s in %s became %s", wall, zone, got.In(place))
		}
	})
}

func TestPurposes(t *testing.T) {
	me := standin.Caller{Actor: "person:p"}
	long := make([]rune, longestText)
	for i := range long {
		long[i] = 'ü'
	}
	for _, c := range []struct{ text, want, code string }{
		{"  annual leave \n", "annual leave", ""},
		{"two\nlines", "two lines", ""},
		{"<b>bold</b>", "<b>bold</b>", ""},
		{"إجازة سنوية", "إجازة سنوية", ""},
		{"", "", "delegation.purpose_missing"},
		{" \t\n", "", "delegation.purpose_missing"},
		{"nice \u202egnp.exe", "", "delegation.unreadable"},
		{"a\x00b", "", "delegation.unreadable"},
		{"a\x1b[31m", "", "delegation.unreadable"},
		{"a\xffb", "", "delegation.unreadable"},
		{string(long), string(long), ""},
		{string(long) + "x", "", "delegation.too_long"},
	} {
		got, err := checkPurpose(c.text, me)
		if code(err) != c.code || err == nil && got != c.want {
			t.Errorf("%q: got %q, %v; want %q, %q", c.text, got, err, c.want, c.code)
		}
	}
	if _, err := checkPurpose("", standin.OperatorCaller("o", "apply")); err != nil {
		t.Error(err)
	}
}
