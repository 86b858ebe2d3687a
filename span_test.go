package standin_test

import (
	"testing"
	"time"

	"github.com/standin-id/standin"
)

// TestRefusalsSayLengthsOfTimeInWords: nobody counts hours to know what 2160h0m0s is.
func TestRefusalsSayLengthsOfTimeInWords(t *testing.T) {
	for value, want := range map[any]string{
		90 * 24 * time.Hour: "at most 90 days", 36 * time.Hour: "at most 1 day 12 hours", time.Minute: "at most 1 minute",
		8*time.Hour + 30*time.Minute: "at most 8 hours 30 minutes", 30 * time.Second: "at most 30s", 90 * time.Second: "at most 1m30s",
		"2h": "at most 2 hours", 12: "at most 12", "sales": "at most sales", "": "at most ",
	} {
		e := standin.Refuse(standin.Invalid, "test.do", "test.most", "at most {span}").With("span", value)
		if got := e.Text(); got != want {
			t.Errorf("%v: got %q, want %q", value, got, want)
		}
	}
}
