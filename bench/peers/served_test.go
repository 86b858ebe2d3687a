package peers

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/openfga/openfga/pkg/storage/migrate"
	"github.com/openfga/openfga/pkg/storage/postgres"
	"github.com/openfga/openfga/pkg/storage/sqlcommon"
)

// The load: so many connections, each asking one question after the other, for so long, in so many turns.
const (
	connections = 256
	turn        = 5 * time.Second
	turns       = 5
	sessions    = 64
)

// BenchmarkServed asks three servers over HTTP, each with 256 connections, in turns: a bare handler that decodes and
// answers the same JSON, Standin on behalf of somebody, every answer durably recorded before it is given, and OpenFGA's
// single check. Standin and OpenFGA keep the same company in one PostgreSQL, whose server STANDIN_TEST_POSTGRES names.
func BenchmarkServed(b *testing.B) {
	server := os.Getenv("STANDIN_TEST_POSTGRES")
	if server == "" {
		b.Skip("STANDIN_TEST_POSTGRES names no PostgreSQL")
	}
	c := newCompany(1, time.Now())
	stands := c.liveNow(sessions)
	targets := []target{bareTarget(b, c, stands), standinTarget(b, c, stands, newDatabase(b, server, "peers_standin")),
		openfgaTarget(b, c, stands, newDatabase(b, server, "peers_openfga"))}
	rates := make([][]float64, len(targets))
	for b.Loop() {
		for range turns {
			for i, t := range targets {
				rates[i] = append(rates[i], t.rate(b))
			}
		}
	}
	median := func(i int) float64 { slices.Sort(rates[i]); return rates[i][len(rates[i])/2] }
	for i, t := range targets {
		b.Logf("%s: %.0f answers a second, at worst %.0f, at best %.0f", t.name, median(i), rates[i][0], rates[i][len(rates[i])-1])
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(1)/median(0), "of-bare")
	b.ReportMetric(median(1)/median(2), "times-openfga")
}

// target is one server with the bodies of the questions to it, of which every answer must contain the text beside it.
type target struct {
	name, url, bearer string
	bodies, answers   []string
}

// rate asks for one turn and returns how many answers a second came.
func (t target) rate(b *testing.B) float64 {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var over sync.WaitGroup
	var answered atomic.Int64
	var failure atomic.Pointer[string]
	begun := time.Now()
	for n := range connections {
		over.Go(func() {
			for i := n; time.Since(begun) < turn && failure.Load() == nil; i += connections {
				if problem := t.ask(client, i%len(t.bodies)); problem != "" {
					failure.Store(&problem)
					return
				}
				answered.Add(1)
			}
		})
	}
	over.Wait()
	if problem := failure.Load(); problem != nil {
		b.Fatalf("%s: %s", t.name, *problem)
	}
	return float64(answered.Load()) / time.Since(begun).Seconds()
}

func (t target) ask(client *http.Client, i int) (problem string) {
	r, err := http.NewRequest("POST", t.url, strings.NewReader(t.bodies[i]))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	if t.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+t.bearer)
	}
	w, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode != 200 || !strings.Contains(string(text), t.answers[i]) {
		return fmt.Sprintf("%d %s %v, to %s; want %s", w.StatusCode, text, err, t.bodies[i], t.answers[i])
	}
	return ""
}

// liveNow returns so many delegations whose window is open now and for a while, each of another actor.
func (c *company) liveNow(most int) []int {
	var found []int
	actors := map[int]bool{}
	for i, d := range c.delegations {
		if len(found) < most && !actors[d.actor] && d.start.Before(c.now.Add(-time.Hour)) && d.end.After(c.now.Add(24*time.Hour)) {
			found, actors[d.actor] = append(found, i), true
		}
	}
	return found
}

// asked returns, for each question, by which of the delegations it is asked, as what and with which expected answer.
func (c *company) asked(stands []int) (questions []question, expected []bool) {
	for i, q := range c.questions {
		d := stands[i%len(stands)]
		q.delegation, q.actor, q.principal = d, c.delegations[d].actor, c.delegations[d].principal
		questions, expected = append(questions, q), append(expected, c.expected(q))
	}
	return questions, expected
}

func (c *company) evaluation(q question, session string) string {
	a := c.actions[q.action]
	return fmt.Sprintf(`{"subject":{"type":"person","id":%q},"action":{"name":%q},"resource":{"type":"%s:%s","id":"one","properties":{"owner":%q}},"context":{"acting_session":%q}}`,
		person(q.principal), a.name, application, a.typ, person(q.owner), session)
}

func bareTarget(b *testing.B, c *company, stands []int) target {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Subject  struct{ Type, ID string }
			Action   struct{ Name string }
			Context  map[string]any
			Resource struct {
				Type, ID   string
				Properties map[string]any
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]bool{"decision": q.Subject.Type == "person"})
	}))
	b.Cleanup(s.Close)
	t := target{name: "bare handler", url: s.URL}
	questions, _ := c.asked(stands)
	for _, q := range questions {
		t.bodies, t.answers = append(t.bodies, c.evaluation(q, "session-"+delegationName(q.delegation))), append(t.answers, `"decision":true`)
	}
	return t
}

func standinTarget(b *testing.B, c *company, stands []int, database string) target {
	b.Helper()
	dir := b.TempDir()
	binary := filepath.Join(dir, "standin")
	build := exec.Command("go", "build", "-o", binary, "./cmd/standin")
	build.Dir = filepath.Join("..", "..")
	finish(b, build)
	world, err := os.Create(filepath.Join(dir, "world.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	actors := map[int]bool{}
	for _, d := range stands {
		actors[c.delegations[d].actor] = true
	}
	if err := c.writeWorld(world, actors); err != nil {
		b.Fatal(err)
	}
	_ = world.Close()
	apply := exec.Command(binary, "apply", world.Name(), "--yes", "--database", database)
	apply.Dir = dir
	finish(b, apply)
	port := freePort(b)
	serve := exec.Command(binary, "serve", "--listen", port, "--database", database)
	serve.Dir = dir
	runUntilReady(b, serve, "http://"+port+"/readyz")
	t := target{name: "Standin", url: "http://" + port + "/access/v1/evaluation", bearer: decideKey}
	names := map[int]string{}
	for _, d := range stands {
		names[d] = startActing(b, "http://"+port+"/api/v1", c.delegations[d].actor, delegationName(d))
	}
	questions, expected := c.asked(stands)
	for i, q := range questions {
		t.bodies, t.answers = append(t.bodies, c.evaluation(q, names[q.delegation])), append(t.answers, fmt.Sprintf(`"decision":%t`, expected[i]))
	}
	return t
}

// startActing signs the actor in and returns the acting session that begins by the delegation.
func startActing(b *testing.B, api string, actor int, delegation string) string {
	b.Helper()
	cookie := ""
	post := func(path, body string) map[string]any {
		r, err := http.NewRequest("POST", api+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", cookie)
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer w.Body.Close()
		var answer map[string]any
		if err := json.NewDecoder(w.Body).Decode(&answer); err != nil || w.StatusCode >= 300 {
			b.Fatalf("%s: %d %v %v", path, w.StatusCode, answer, err)
		}
		for _, one := range w.Cookies() {
			cookie = one.Name + "=" + one.Value
		}
		return answer
	}
	cookie = "x=y"
	post("/sign-in", fmt.Sprintf(`{"email":%q,"password":%q}`, addressOf(actor), trialPassword))
	return post("/acting", fmt.Sprintf(`{"delegation":%q}`, delegation))["id"].(string)
}

func openfgaTarget(b *testing.B, c *company, stands []int, database string) target {
	b.Helper()
	if err := migrate.RunMigrations(migrate.MigrationConfig{Engine: "postgres", URI: database, Timeout: time.Minute, PingTimeout: time.Minute}); err != nil {
		b.Fatal(err)
	}
	data, err := postgres.New(database, sqlcommon.NewConfig(sqlcommon.WithMaxTuplesPerWrite(1000)))
	if err != nil {
		b.Fatal(err)
	}
	defer data.Close()
	store, model, err := openfgaWritten(context.Background(), c, data)
	if err != nil {
		b.Fatal(err)
	}
	binary := filepath.Join(b.TempDir(), "openfga")
	finish(b, exec.Command("go", "build", "-o", binary, "github.com/openfga/openfga/cmd/openfga"))
	port := freePort(b)
	runUntilReady(b, exec.Command(binary, "run", "--datastore-engine", "postgres", "--datastore-uri", database, "--http-addr", port,
		"--grpc-addr", freePort(b), "--playground-enabled=false", "--metrics-enabled=false", "--log-level", "error",
		"--datastore-max-open-conns", "64"), "http://"+port+"/healthz")
	t := target{name: "OpenFGA", url: "http://" + port + "/stores/" + store + "/check"}
	questions, expected := c.asked(stands)
	for i, q := range questions {
		a := c.actions[q.action]
		t.bodies = append(t.bodies, fmt.Sprintf(`{"authorization_model_id":%q,"tuple_key":{"user":"delegation:%s","relation":"granted","object":"permission:%s"},"context":{"now":%d,"actor":%q,"principal":%q,"owner":%q,"action":%q,"approves":%t}}`,
			model, delegationName(q.delegation), openfgaObject(a), c.now.Unix(), person(q.actor), person(q.principal), person(q.owner), a, a.approves))
		t.answers = append(t.answers, fmt.Sprintf(`"allowed":%t`, expected[i]))
	}
	return t
}

func finish(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

func freePort(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// runUntilReady starts the server, waits until the address answers, and kills it when the measurement ends.
func runUntilReady(b *testing.B, cmd *exec.Cmd, ready string) {
	b.Helper()
	var talk bytes.Buffer
	cmd.Stderr, cmd.Stdout = &talk, &talk
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(50 * time.Millisecond) {
		if w, err := http.Get(ready); err == nil {
			_ = w.Body.Close()
			if w.StatusCode == 200 {
				return
			}
		}
	}
	b.Fatalf("%v is not ready after a minute", cmd.Args)
}

func newDatabase(b *testing.B, server, name string) string {
	b.Helper()
	d, err := sql.Open("pgx", server)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	for _, text := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := d.Exec(text); err != nil {
			b.Fatal(err)
		}
	}
	u, err := url.Parse(server)
	if err != nil {
		b.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
