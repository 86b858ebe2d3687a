package application

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/standin-id/standin"
)

// What a client asked for is known with what was wrong with it, and the last of each kind alone is kept.
func TestActivityTellsWhatAClientAskedForLast(t *testing.T) {
	run(t, func(h house) {
		h.putApplication(operator, desk())
		h.putClient(deskClient(), "only-for-trials")
		c := deskClient()
		for _, a := range []Activity{
			{What: AskedAuthorize, Problem: WrongRedirect, Detail: "https://évil.example/\r\nX: y"},
			{What: AskedAuthorize, Problem: WrongRedirect, Detail: "https://b.example/" + strings.Repeat("x", 1000)},
			{What: AskedAuthorize},
			{What: AskedToken, Problem: WrongSecret},
			{What: AskedToken},
			{What: AskedToken},
			{What: "nonsense"},
			{What: AskedToken, Problem: "nonsense"},
		} {
			if err := h.Seen(t.Context(), c, a.What, a.Problem, a.Detail); err != nil {
				t.Fatal(err)
			}
		}
		got, err := h.Applications.Activity(t.Context(), operator, "desk")
		if err != nil {
			t.Fatal(err)
		}
		want := []Activity{{What: AskedToken}, {What: AskedToken, Problem: WrongSecret}, {What: AskedAuthorize},
			{What: AskedAuthorize, Problem: WrongRedirect, Detail: ("https://b.example/" + strings.Repeat("x", 1000))[:maxDetail]}}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Activity{}, "At")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		all, err := h.Applications.Activities(t.Context(), operator)
		if diff := cmp.Diff(map[standin.ClientID][]Activity{"desk": got}, all); err != nil || diff != "" {
			t.Errorf("all of them: %v (-want +got):\n%s", err, diff)
		}
		if all, err := h.Applications.Activities(t.Context(), standin.OperatorCaller("globex", "x")); err != nil || len(all) > 0 {
			t.Errorf("another organisation: %v, %v", all, err)
		}
		if _, err := h.Applications.Activity(t.Context(), standin.OperatorCaller("globex", "x"), "desk"); standin.KindOf(err) != standin.NotFound {
			t.Errorf("another organisation reads it: %v", err)
		}
	})
}

// The same is written once a minute, and something else at once.
func TestActivityIsWrittenOnceAMinute(t *testing.T) {
	s := &activities{last: map[[2]string]Activity{}}
	start := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		after         time.Duration
		what, problem string
		want          bool
	}{
		{0, AskedToken, "", true},
		{time.Second, AskedToken, "", false},
		{59 * time.Second, AskedToken, "", false},
		{59 * time.Second, AskedToken, WrongCode, true},
		{59*time.Second + 500*time.Millisecond, AskedToken, "", false},
		{60 * time.Second, AskedToken, "", true},
		{60 * time.Second, AskedRefresh, "", true},
		{120 * time.Second, AskedToken, "", true},
		{time.Second, AskedToken, "", true}, // the clock was set back
	} {
		if got := s.due("desk", Activity{What: step.what, Problem: step.problem, At: start.Add(step.after)}); got != step.want {
			t.Errorf("%s %q after %v: got %v, want %v", step.what, step.problem, step.after, got, step.want)
		}
	}
	if !s.due("other", Activity{What: AskedToken, At: start}) {
		t.Error("another client waits for this one")
	}
}
