package words

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write reasons.en.toml anew from the rooms' source")

// recorded are the rooms whose refusals stand in the record.
var recorded = []string{"acting.", "api.", "decision.", "deeds.", "delegation.", "directory.", "export.", "guard.", "keys.", "rights.", "rules.", "session.", "signin.", "token."}

// TestReasonsSayWhatTheRoomsSay: what the record's codes are explained with is what was said when they were refused.
func TestReasonsSayWhatTheRoomsSay(t *testing.T) {
	const file = "reasons.en.toml"
	said := map[string]string{}
	for _, r := range refusals(t) {
		if slices.ContainsFunc(recorded, func(room string) bool { return strings.HasPrefix(r.code, room) }) && r.message != "" {
			said["error."+r.code] = r.message
		}
	}
	if *update {
		var b strings.Builder
		b.WriteString("# What the rooms refuse with, for the record, which keeps codes alone. Written by the test of this room with -update.\n\n[error]\n")
		for _, key := range slices.Sorted(maps.Keys(said)) {
			fmt.Fprintf(&b, "%q = %q\n", strings.TrimPrefix(key, "error."), said[key])
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	held := keysIn(t, file)
	if len(held) < 100 {
		t.Errorf("got %d reasons, want those of all rooms", len(held))
	}
	for key, message := range held {
		if now, there := said[key]; now != message {
			t.Errorf("%s is %q, the room says %q (%v): run the test with -update", key, message, now, there)
		}
	}
}

func TestReasonsWithoutTheirValues(t *testing.T) {
	for _, c := range []struct{ lang, code, want string }{
		{"en", "guard.own_item", "Nobody judges an item that they own or entered themselves, whoever they act for."},
		{"en", "rights.denied", "The delegation denies …."},
		{"de", "rights.denied", "Die Vertretung verbietet …."},
		{"en", "no.such_code", "no.such_code"},
	} {
		if got := In(c.lang).Reason(c.code); got != c.want {
			t.Errorf("got %q for %s in %s, want %q", got, c.code, c.lang, c.want)
		}
	}
}
