package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin/client"
)

func inOwnName(ctx context.Context) context.Context {
	return client.With(ctx, client.Identity{Principal: ben, Actor: ben})
}

func entry(id string) client.Entry {
	return client.Entry{Type: "desk:expense", Action: "view", ID: id, After: map[string]any{"n": id}}
}

// recordUntilKilled is the process that is killed: it says each entry that Record promised, and never ends by itself.
func recordUntilKilled(dir string) {
	c, err := client.New(context.Background(), client.Config{Issuer: os.Getenv("CLIENT_TEST_ISSUER"), Key: deskKey, Spool: dir})
	if err != nil {
		panic(err)
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", os.Getenv("CLIENT_TEST_RUN"), worker, i)
				if err := c.Record(inOwnName(context.Background()), entry(id)); err != nil {
					panic(err)
				}
				fmt.Println(id)
			}
		})
	}
	all.Wait()
}

// TestRecordsSurviveAKill kills an application four times while it records, some of these while Standin is away, and finds all that was
// promised in Standin's record, once.
func TestRecordsSurviveAKill(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		spool, promised := filepath.Join(t.TempDir(), "spool"), map[string]bool{}
		again := func() {}
		for run := range 4 {
			if run == 2 {
				again = s.kill()
			}
			said := &lines{}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "CLIENT_TEST_SPOOL="+spool, "CLIENT_TEST_ISSUER="+s.url, fmt.Sprintf("CLIENT_TEST_RUN=%d", run))
			cmd.Stdout, cmd.Stderr = said, said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "nothing is recorded", func() bool { return strings.Count(said.String(), "\n") > 60 })
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			text := said.String()
			for id := range strings.Lines(text[:strings.LastIndex(text, "\n")+1]) {
				promised[strings.TrimSpace(id)] = true
			}
		}
		again()
		c := d.config(s)
		c.Spool = spool
		d.start(c)
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		found := map[string]int{}
		for _, r := range s.records("action=desk:expense.view") {
			found[strings.TrimPrefix(r.Resource, "item:desk:expense/")]++
		}
		for id := range promised {
			if found[id] == 0 {
				t.Errorf("%s was promised and is not recorded", id)
			}
		}
		for id, n := range found {
			if n > 1 {
				t.Errorf("%s is recorded %d times", id, n)
			}
		}
		t.Logf("%d promised, %d recorded", len(promised), len(found))
		if names, _ := filepath.Glob(filepath.Join(spool, "*.spool")); len(names) > 2 {
			t.Errorf("the spool keeps %v after all was sent", names)
		}
	})
}

func TestRecordsKeepTheirOrder(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		c := d.config(s)
		c.Spool = t.TempDir()
		d.start(c)
		var want []string
		for i := range 250 {
			id := fmt.Sprint(i)
			want = append(want, id)
			if err := d.Record(inOwnName(t.Context()), entry(id)); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range s.records("action=desk:expense.view") {
			got = append(got, strings.TrimPrefix(r.Resource, "item:desk:expense/"))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("got %v", got)
		}
	})
}

// TestRecordTellsWhatItCannotPromise: who is not there, what has no form, what Standin refuses, a full spool, and another
// process in the same one.
func TestRecordTellsWhatItCannotPromise(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		if err := d.Record(t.Context(), entry("1")); !errors.Is(err, client.ErrNobody) {
			t.Errorf("got %v", err)
		}
		for _, bad := range []client.Entry{{Type: "expense", Action: "view"}, {Type: "desk:expense"}, {Type: "desk:expense", Action: "view", Outcome: "maybe"},
			{Type: "desk:expense", Action: "view", After: "text"}, {Type: "desk:expense", Action: "view", After: map[string]string{"a": strings.Repeat("x", 9000)}},
			{Type: "desk:expense", Action: "view", ID: strings.Repeat("x", 300)}} {
			if err := d.Record(inOwnName(t.Context()), bad); err == nil {
				t.Errorf("%+v was taken", bad)
			}
		}
		err := d.Record(acts(t.Context(), "s-none", false), entry("1"))
		if refused, ok := errors.AsType[*client.Refusal](err); !ok || refused.Code != "deeds.not_theirs" {
			t.Errorf("a session that is not theirs: got %v", err)
		}
		if err := d.Record(inOwnName(t.Context()), client.Entry{Type: "desk:expense", Action: "view", ID: "2",
			Before: struct{ Token, Name string }{"hunter2", "x"}}); err != nil {
			t.Error(err)
		}
		if r := s.records("resource=item:desk:expense/2"); len(r) != 1 || strings.Contains(string(r[0].After), "hunter2") {
			t.Errorf("got %+v", r)
		}
		again := s.kill()
		if err := d.Record(inOwnName(t.Context()), entry("3")); !errors.Is(err, client.ErrAway) {
			t.Errorf("without a spool and without Standin: got %v", err)
		}
		c := d.config(s)
		c.Spool = t.TempDir()
		d.start(c)
		if _, err := client.New(t.Context(), c); err == nil {
			t.Error("two clients have the same spool")
		}
		client.SetRoom(d.Client, 1000)
		n, full := 0, error(nil)
		for full == nil {
			if full = d.Record(inOwnName(t.Context()), entry("f")); full == nil {
				n++
			}
		}
		if !errors.Is(full, client.ErrFull) || n < 2 {
			t.Errorf("got %v after %d, want %v", full, n, client.ErrFull)
		}
		short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := d.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that nothing is sent", err)
		}
		again()
		if err := d.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if got := s.records("resource=item:desk:expense/f"); len(got) != n {
			t.Errorf("got %d records, want %d", len(got), n)
		}
	})
}

// TestWhatStandinRefusesIsPutAside: one entry of a session that is nobody's keeps no other from being recorded, and stays where
// people find it.
func TestWhatStandinRefusesIsPutAside(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		c := d.config(s)
		c.Spool = t.TempDir()
		d.start(c)
		deep := any("x")
		for range 20 {
			deep = map[string]any{"in": deep}
		}
		for _, err := range []error{d.Record(inOwnName(t.Context()), entry("a")), d.Record(inOwnName(t.Context()), client.Entry{Type: "desk:expense", Action: "view", ID: "deep", After: deep}), d.Record(acts(t.Context(), "s-none", false), entry("b")),
			d.Record(inOwnName(t.Context()), client.Entry{Type: "none:expense", Action: "view", ID: "c"}), d.Record(inOwnName(t.Context()), entry("d"))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.records("action=desk:expense.view"); len(got) != 2 {
			t.Errorf("got %+v, want the others", got)
		}
		text, err := os.ReadFile(filepath.Join(c.Spool, "refused"))
		if err != nil || !strings.Contains(string(text), "deeds.not_theirs") || !strings.Contains(string(text), "deeds.not_its") ||
			!strings.Contains(string(text), `"code":"form"`) || strings.Count(string(text), "\n") != 3 {
			t.Errorf("got %s, %v", text, err)
		}
	})
}

// TestADamagedSpoolLosesNoMoreThanIsDamaged changes a byte in the middle and cuts the end off, as a broken disk and a killed
// process do.
func TestADamagedSpoolLosesNoMoreThanIsDamaged(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		again := s.kill()
		c := d.config(s)
		c.Spool = t.TempDir()
		first, err := client.New(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			e := entry(fmt.Sprint(i))
			e.Before = map[string]any{"items": []any{map[string]any{"api_key": "hunter2"}}}
			if err := first.Record(inOwnName(t.Context()), e); err != nil {
				t.Fatal(err)
			}
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if err := first.Record(inOwnName(t.Context()), entry("closed")); err == nil {
			t.Error("a closed client promises")
		}
		names, _ := filepath.Glob(filepath.Join(c.Spool, "*.spool"))
		text, err := os.ReadFile(names[0])
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		if strings.Contains(string(text), "hunter2") {
			t.Error("THREATS 78: a secret is on the disk")
		}
		lines := strings.SplitAfter(string(text), "\n")
		lines[1] = strings.Replace(lines[1], "p-ben", "p-bem", 1)
		lines[5] = lines[4][:30] // what a killed process had half written
		if err := os.WriteFile(names[0], []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		again()
		d.start(c)
		if err := errors.Join(d.Record(inOwnName(t.Context()), entry("5")), d.Flush(t.Context())); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range s.records("action=desk:expense.view") {
			got = append(got, strings.TrimPrefix(r.Resource, "item:desk:expense/"))
		}
		if strings.Join(got, " ") != "0 2 3 4 5" {
			t.Errorf("got %v, want all but the damaged one", got)
		}
		if text, err := os.ReadFile(filepath.Join(c.Spool, "refused")); err != nil || !strings.Contains(string(text), "p-bem") {
			t.Errorf("the damaged line is not put aside: %s %v", text, err)
		}
	})
}
