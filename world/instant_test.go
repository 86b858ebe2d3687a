package world

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// In a trial dates may count from now: whole days of the organisation's zone, or spans to the second. On the 25th of
// October 2026 clocks in Berlin are set back.
func TestDatesOfATrialCountFromNow(t *testing.T) {
	now := time.Date(2026, 10, 24, 23, 30, 15, 999, time.UTC) // in Berlin it is the 25th already
	for text, want := range map[string]string{
		"today":        "2026-10-24T22:00:00Z",
		"today-1d":     "2026-10-23T22:00:00Z",
		"today+1d":     "2026-10-25T23:00:00Z",
		"today+100d":   "2027-02-01T23:00:00Z",
		"now":          "2026-10-24T23:30:15Z",
		"now-90m":      "2026-10-24T22:00:15Z",
		"now+2d":       "2026-10-26T23:30:15Z",
		"2026-11-01":   "2026-10-31T23:00:00Z",
		"today+4h":     "",
		"tomorrow":     "",
		"now+":         "",
		"now+none":     "",
		"today--1d":    "",
		"today + 1d":   "",
		"now+9999d":    "",
		"-1d":          "",
		"yesterday+1d": "",
	} {
		file := "organisations:\n  - id: acme\n    settings: {time_zone: Europe/Berlin}\n    delegations:\n" +
			"      - {id: d-1, principal: p-1, actor: p-2, start: " + text + "}\n"
		f, err := LoadTrial("trial.yaml", strings.NewReader(file), now)
		if want == "" {
			if ps, ok := errors.AsType[Problems](err); !ok || !strings.Contains(ps.Error(), "line 5, column 54: ") {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Organisations[0].Delegations[0].Start.Format(time.RFC3339); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
		if _, err := Load("world.yaml", strings.NewReader(file)); (err == nil) != strings.HasPrefix(text, "2026") {
			t.Errorf("%s: a file that stays says %v", text, err)
		}
	}
	end := strings.NewReader("organisations: [{id: acme, delegations: [{id: d-1, principal: p-1, actor: p-2, end: today}]}]")
	f, err := LoadTrial("trial.yaml", end, now)
	if err != nil || f.Organisations[0].Delegations[0].End.Format(time.RFC3339) != "2026-10-25T00:00:00Z" {
		t.Errorf("an end is %v: %v", f, err)
	}
}

// A file that names no zone means days where the organisation is, and everybody is told where that is.
func TestDatesAreDaysOfTheOrganisation(t *testing.T) {
	in(t, func(h *house) {
		file := func(settings string) string {
			return "organisations:\n  - id: acme\n    settings: {" + settings + "}\n    roles: [{id: root, rank: 90, allow: [\"standin:*.*\"]}]\n    people:\n" +
				"      - {id: p-1, name: A B, email: a@acme.example, roles: [root]}\n      - {id: p-2, name: C D, email: c@acme.example}\n    delegations:\n" +
				"      - {id: d-1, principal: p-1, actor: p-2, start: 2026-12-21, end: 2026-12-22}\n"
		}
		check := func(text, zone, from, start, end string) {
			t.Helper()
			plan := h.apply(text)
			if want := []Dates{{"acme", zone, from}}; !slices.Equal(plan.Dates, want) {
				t.Errorf("got %v, want %v", plan.Dates, want)
			}
			d := h.delegation("d-1")
			if got := d.StartsAt.Format(time.RFC3339) + " " + d.EndsAt.Format(time.RFC3339); got != start+" "+end {
				t.Errorf("days in %s: got %s, want %s %s", zone, got, start, end)
			}
		}
		check(file(""), "UTC", "default", "2026-12-21T00:00:00Z", "2026-12-23T00:00:00Z")
		check(file("time_zone: Asia/Tokyo"), "Asia/Tokyo", "file", "2026-12-20T15:00:00Z", "2026-12-22T15:00:00Z")
		check(file("calls: both"), "Asia/Tokyo", "organisation", "2026-12-20T15:00:00Z", "2026-12-22T15:00:00Z")
		instants := strings.NewReplacer("start: 2026-12-21", "start: 2026-12-20T15:00:00Z", "end: 2026-12-22", "end: 2026-12-22T15:00:00Z").Replace(file(""))
		if plan := h.apply(instants); plan.Dates != nil || !plan.Empty() {
			t.Errorf("instants need no zone: %v", plan.Difference)
		}
	})
}
