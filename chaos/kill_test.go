//go:build linux

package chaos_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin/build/postgres"
)

// TestP11KillAtAnyInstant kills the program at random instants under load. Whatever it had answered must be there
// afterwards, with its record, in a record that verifies; and what it had not answered must be there whole or not at all.
func TestP11KillAtAnyInstant(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		i := &installation{t: t, dir: dir, database: []string{"--data", filepath.Join(dir, "data")}}
		killRounds(t, i, rounds, nil)
	})
	t.Run("postgres", func(t *testing.T) {
		if os.Getenv("STANDIN_TEST_POSTGRES") == "" && os.Getenv("STANDIN_TEST_STRICT") == "" {
			t.Skip("needs PostgreSQL, as make test has it")
		}
		s, err := postgres.Start(os.TempDir(), 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
		dir := t.TempDir()
		i := &installation{t: t, dir: dir, database: []string{"--database", s.URL(), "--keys", filepath.Join(dir, "keys")}}
		killRounds(t, i, rounds, s)
	})
}

// killRounds runs the rounds; with a server, some of them crash that, too, while the program goes on.
func killRounds(t *testing.T, i *installation, rounds int, s *postgres.Server) {
	world := filepath.Join(i.dir, "company.yaml")
	if err := os.WriteFile(world, []byte(company()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := i.serve("--world", world).stop(); err != nil {
		t.Fatal(err)
	}
	m := &memory{}
	var kept string
	acknowledged := 0
	var begun []time.Time
	for round := range rounds {
		begun = append(begun, time.Now().Add(-time.Second))
		m.facts = nil
		p := i.serve()
		(&client{memory: m, url: p.url, http: &http.Client{Timeout: 30 * time.Second}}).sessionsStand()
		var crash *postgres.Server
		if s != nil && round%(rounds/crashes) == 0 {
			crash = s
		}
		load(t, p, m, crash)
		// A revocation whose answer was lost is acknowledged, without another record, when it is asked for again.
		kept = i.examine(m, begun[max(0, round-5)], kept)
		for _, wrong := range m.wrong {
			t.Errorf("round %d: %s", round, wrong)
		}
		if acknowledged += len(m.facts); t.Failed() {
			t.Fatalf("round %d: the program's last words:\n%s", round, p.said())
		}
	}
	t.Logf("%d rounds, %d changes acknowledged, none lost", rounds, acknowledged)
	if acknowledged < rounds*10 {
		t.Errorf("only %d changes were acknowledged in %d rounds; that proves nothing", acknowledged, rounds)
	}
}

// load makes changes from many clients and kills the program in the middle of them.
func load(t *testing.T, p *program, m *memory, crash *postgres.Server) {
	t.Helper()
	stop := make(chan struct{})
	var clients sync.WaitGroup
	connections := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer connections.CloseIdleConnections()
	for n := range 8 {
		clients.Go(func() {
			c := &client{memory: m, url: p.url, http: connections}
			if n < actors {
				c.act(n, stop)
			} else {
				c.administer(stop)
			}
		})
	}
	m.await(t, 20+rand.IntN(150))
	if crash != nil {
		if err := crash.Crash(); err != nil {
			t.Error(err)
		}
		if err := crash.Restart(); err != nil {
			t.Error(err)
		}
		m.await(t, 20+rand.IntN(50)) // the program must have found the server again
	}
	err := p.kill()
	close(stop)
	clients.Wait()
	if err != nil {
		t.Error(err)
	}
}

// await returns when so many more changes were acknowledged, which is at no particular instant of any of them.
func (m *memory) await(t *testing.T, more int) {
	t.Helper()
	count := func() int {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.facts)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for from := count(); count() < from+more; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Errorf("only %d of %d changes were acknowledged in a minute", count()-from, more)
			return
		}
	}
}

// examine looks, while the program is down, for everything that it has told, in the records since begun, and returns a checkpoint to hold
// against the next examination.
func (i *installation) examine(m *memory, begun time.Time, kept string) string {
	i.t.Helper()
	i.run("doctor", "--json")
	verify := []string{"audit", "verify", "--json"}
	if kept != "" {
		path := filepath.Join(i.dir, "checkpoint")
		if err := os.WriteFile(path, []byte(kept), 0o600); err != nil {
			i.t.Fatal(err)
		}
		verify = append(verify, "--checkpoint", path)
	}
	var report struct {
		Trees []struct{ Organisation, Checkpoint string }
	}
	if err := json.Unmarshal(i.run(verify...), &report); err != nil {
		i.t.Fatal(err)
	}
	recorded := i.recorded(begun)
	for _, f := range m.facts {
		if recorded[f] == 0 {
			m.complain("%s of %s was acknowledged and has no record", f.action, f.resource)
		}
	}
	for _, tree := range report.Trees {
		if tree.Organisation == "acme" && tree.Checkpoint != "" {
			kept = tree.Checkpoint
		}
	}
	return kept
}

// recorded counts the records since begun by what they tell.
func (i *installation) recorded(begun time.Time) map[fact]int {
	i.t.Helper()
	count := map[fact]int{}
	lines := bufio.NewScanner(bytes.NewReader(i.run("audit", "export", "--from", begun.UTC().Format(time.RFC3339))))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Record *struct{ Action, Resource, Outcome string }
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			i.t.Fatal(err)
		}
		if line.Record != nil && line.Record.Outcome == "done" {
			count[fact{line.Record.Action, line.Record.Resource}]++
		}
	}
	return count
}
