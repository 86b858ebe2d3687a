package world

import (
	"errors"
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
