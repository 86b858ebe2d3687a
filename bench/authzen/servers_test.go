package authzen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	key    = "a-key-that-asks-for-decisions-and-no-more"
	actors = 32
)

// company is who is asked about: a head, for whom some can stand in.
func company() string {
	var people, delegations strings.Builder
	for i := range actors {
		fmt.Fprintf(&people, "      - {id: p-%d, name: Actor %d, email: actor%d@bench.example, password: only-for-trials, unit: bridges, roles: [staff], accepted_terms: true}\n", i, i, i)
		fmt.Fprintf(&delegations, "      - {id: d-%d, principal: p-head, actor: p-%d, kind: cover, start: 2026-01-01T00:00:00Z, end: 2036-01-01T00:00:00Z, purpose: annual leave, limits: {deny: [\"desk:project.close\"], units: [bridges]}}\n", i, i)
	}
	return `organisations:
  - id: bench
    name: Bench
    settings: {delegation: {max: none}}
    units: [bridges]
    applications:
      - id: desk
        name: Workdesk
        types:
          project: {actions: {view: {}, plan: {category: project}, close: {category: project}}}
          expense: {actions: {view: {}, approve: {approves: true}}}
        guardrails: |
          forbid (principal, action == Action::"desk:expense.approve", resource) when { context.acting && resource has amount && resource.amount > 5000 };
    roles:
      - {id: staff, rank: 0, allow: ["desk:project.view@unit"]}
      - {id: head, rank: 20, allow: ["desk:project.*@unit", "desk:expense.*@unit"]}
    people:
      - {id: p-head, name: Head, email: head@bench.example, unit: bridges, roles: [head]}
` + people.String() + "    delegations:\n" + delegations.String() + `api_keys:
  - {id: bench-pdp, organisation: bench, secret: ` + key + `, may: [decide]}
`
}

// server is the program, running.
type server struct {
	address string
	process *os.Process
}

// worked returns how long the processors have worked for the server, in seconds, as Linux counts it (proc(5)).
func (s *server) worked(b *testing.B) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	var user, system float64
	if _, err := fmt.Sscan(strings.Join(strings.Fields(string(text[bytes.LastIndexByte(text, ')'):]))[12:14], " "), &user, &system); err != nil {
		b.Fatal(err)
	}
	return (user + system) / 100
}

func start(b *testing.B, source []string) *server {
	dir := b.TempDir()
	binary, file := filepath.Join(dir, "standin"), filepath.Join(dir, "company.yaml")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/standin").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(file, []byte(company()), 0o600); err != nil {
		b.Fatal(err)
	}
	s := &server{address: free(b)}
	c := exec.Command(binary, append([]string{"serve", "--listen", s.address, "--world", file, "--keys", filepath.Join(dir, "keys")}, source...)...)
	run(b, c, "http://"+s.address+"/readyz")
	s.process = c.Process
	return s
}

// free returns an address that nobody listens at.
func free(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run runs a server until the benchmark ends, and waits until it answers at the URL.
func run(b *testing.B, c *exec.Cmd, url string) {
	said, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	c.Stderr = said
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if r, err := http.Get(url); err == nil {
			if r.Body.Close(); r.StatusCode == 200 {
				return
			}
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(said.Name())
			b.Fatalf("no answer from %s: %s", url, text)
		}
	}
}

func (s *server) own() [][]byte { return [][]byte{request("")} }

// behalf lets every actor act, and asks for each.
func (s *server) behalf(b *testing.B) (all [][]byte) {
	for i := range actors {
		r := s.post(b, "", "/api/v1/sign-in", map[string]any{"email": fmt.Sprintf("actor%d@bench.example", i), "password": "only-for-trials"}, nil)
		cookie := strings.SplitN(r.Header.Get("Set-Cookie"), ";", 2)[0]
		var session struct{ ID string }
		s.post(b, cookie, "/api/v1/acting", map[string]any{"delegation": fmt.Sprintf("d-%d", i)}, &session)
		all = append(all, request(`,"context":{"acting_session":"`+session.ID+`"}`))
	}
	return all
}

func (s *server) post(b *testing.B, cookie, path string, in, out any) *http.Response {
	text, err := json.Marshal(in)
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequest("POST", "http://"+s.address+path, bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil || res.StatusCode >= 300 {
		b.Fatalf("%s: %d %v %s", path, res.StatusCode, err, body.String())
	}
	if out != nil {
		if err := json.Unmarshal(body.Bytes(), out); err != nil {
			b.Fatal(err)
		}
	}
	return res
}

// startBare runs the bare handler in a process of its own.
func startBare(b *testing.B) *server {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	address := free(b)
	c := exec.Command(self)
	c.Env = append(os.Environ(), "STANDIN_BENCH_BARE="+address)
	run(b, c, "http://"+address+"/")
	return &server{address, c.Process}
}

// serveBare decodes a question and answers it, and does nothing else.
func serveBare(address string) {
	http.HandleFunc("GET /{$}", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("POST /access/v1/evaluation", func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Subject, Resource struct {
				Type, ID   string
				Properties map[string]any
			}
			Action  struct{ Name string }
			Context map[string]any
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(struct {
			Decision bool `json:"decision"`
		}{q.Subject.ID == "p-head"})
	})
	log.Fatal(http.ListenAndServe(address, nil))
}
