package words

import (
	"testing"
	"time"
)

func TestMidnightIsTheEndOfTheDayBefore(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 6, 9, 0, 0, 0, berlin)
	for _, c := range []struct {
		end                   time.Time
		until, ending, german string
	}{
		{time.Date(2026, 11, 7, 0, 0, 0, 0, berlin), "today, 24:00", "Fri 6 Nov, 24:00", "heute, 24:00\u00a0Uhr"},
		{time.Date(2026, 11, 8, 0, 0, 0, 0, berlin), "tomorrow, 24:00", "Sat 7 Nov, 24:00", "morgen, 24:00\u00a0Uhr"},
		{time.Date(2027, 1, 1, 0, 0, 0, 0, berlin), "Thu 31 Dec, 24:00", "Thu 31 Dec, 24:00", "Do., 31. Dez., 24:00\u00a0Uhr"},
		{time.Date(2026, 11, 7, 0, 0, 1, 0, berlin), "tomorrow, 00:00", "Sat 7 Nov, 00:00", "morgen, 00:00\u00a0Uhr"},
		{time.Date(2026, 11, 6, 17, 30, 0, 0, berlin), "today, 17:30", "Fri 6 Nov, 17:30", "heute, 17:30\u00a0Uhr"},
	} {
		if got := In("en").Until(c.end, now); got != c.until {
			t.Errorf("got until %q, want %q", got, c.until)
		}
		if got := In("en").Ending(c.end, now); got != c.ending {
			t.Errorf("got ending %q, want %q", got, c.ending)
		}
		if got := In("de").Until(c.end, now); got != c.german {
			t.Errorf("got %q in German, want %q", got, c.german)
		}
	}
}
