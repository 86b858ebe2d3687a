package provider

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// company is a head, and the people who can stand in for them.
func company() string {
	var people, delegations strings.Builder
	for i := range connections {
		fmt.Fprintf(&people, "      - {id: p-%d, name: Actor %d, email: actor%d@bench.example, password: %s, unit: bridges, roles: [staff], accepted_terms: true}\n", i, i, i, password)
		fmt.Fprintf(&delegations, "      - {id: d-%d, principal: p-head, actor: p-%d, kind: cover, start: 2026-01-01T00:00:00Z, end: 2036-01-01T00:00:00Z, purpose: annual leave}\n", i, i)
	}
	return `organisations:
  - id: bench
    name: Bench
    settings: {delegation: {max: none}}
    units: [bridges]
    roles:
      - {id: staff, rank: 0}
      - {id: head, rank: 20}
    people:
      - {id: p-head, name: Head, email: head@bench.example, unit: bridges, roles: [head]}
` + people.String() + "    delegations:\n" + delegations.String() + `clients:
  - {id: desk, organisation: bench, secret: ` + secret + `, redirect_uris: ["` + callback + `"], exchange: true, stand_ins: true}
`
}

// startStandin runs the program and lets everybody sign in as the head's deputy.
func startStandin(b *testing.B, source []string) *server {
	dir := b.TempDir()
	binary, file := filepath.Join(dir, "standin"), filepath.Join(dir, "company.yaml")
	build := exec.Command("go", "build", "-o", binary, "./cmd/standin")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(file, []byte(company()), 0o600); err != nil {
		b.Fatal(err)
	}
	s := &server{address: free(b), tokenPath: "/oauth2/token"}
	s.run(b, exec.Command(binary, append([]string{"serve", "--listen", s.address, "--world", file, "--keys", filepath.Join(dir, "keys")}, source...)...), "/readyz")
	for i := range connections {
		w := newBrowser(b, s)
		w.call("/api/v1/sign-in", map[string]any{"email": fmt.Sprintf("actor%d@bench.example", i), "password": password})
		w.call("/api/v1/acting", map[string]any{"delegation": fmt.Sprintf("d-%d", i)})
		s.held = append(s.held, s.redeem(b, w.get("/oauth2/authorize?"+asked()).Query().Get("code")))
	}
	return s
}
