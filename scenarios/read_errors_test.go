package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
)

const above = "title B2: a title\nworld workdesk\nat 2026-11-20T10:00:00Z\n"

func TestReading(t *testing.T) {
	got, err := read(above + `
# what a comment says
ben for eva by d-1: desk:expense.view/amount x-1 {"owner": "eva", "amount": 5}
  yes rights.full rights.role_allows(manager)
give ben manager
at 2026-11-21T10:00:00+01:00
eva: desk:expense.view
  no rights.no_role
`)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	want := &scenario{title: "B2: a title", world: "workdesk", at: at, steps: []step{
		{line: 6, ask: &ask{actor: "ben", principal: "eva", delegation: "d-1", application: "desk", typ: "expense", action: "view",
			field: "amount", id: "x-1", properties: got.steps[0].ask.properties, permit: true,
			reasons: []reason{{code: "rights.full"}, {"rights.role_allows", "manager"}}}},
		{line: 8, event: &event{verb: "give", what: "ben", role: "manager"}},
		{line: 9, event: &event{verb: "at", what: "2026-11-21T10:00:00+01:00", at: at.Add(23 * time.Hour)}},
		{line: 10, ask: &ask{actor: "eva", principal: "eva", application: "desk", typ: "expense", action: "view",
			reasons: []reason{{code: "rights.no_role"}}}},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(scenario{}, step{}, ask{}, event{}, reason{})); diff != "" {
		t.Error(diff)
	}
	if got.steps[0].ask.owner() != standin.PersonID("eva") {
		t.Errorf("the owner is %q", got.steps[0].ask.owner())
	}
}

// TestTheDocumentsScenario: what docs/scenarios.md shows is a scenario, and holds.
func TestTheDocumentsScenario(t *testing.T) {
	text, err := os.ReadFile("../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(text), "```\n")
	shown, _, _ = strings.Cut(shown, "```")
	s, err := read(shown)
	if err != nil {
		t.Fatal(err)
	}
	play(t, s)
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	const asks = above + "eva: desk:expense.view\n"
	for text, want := range map[string]string{
		"":                                   `"title" is expected`,
		"world workdesk\n":                   `line 1: "title"`,
		"title \n":                           `line 1: "title"`,
		"title a\nworld a/b\n":               "line 2: the name of a world",
		"title a\nworld b\nat noon\n":        "line 3: an instant",
		"title a\nworld b\n":                 `"at" is expected`,
		above:                                "a question is expected",
		asks:                                 "line 4: an answer is expected",
		asks + "ben: desk:expense.view":      "line 5: first, the answer",
		asks + "  maybe a.b":                 `line 5: "yes" or "no"`,
		asks + "  no":                        "line 5: a reason",
		asks + "  no rights":                 `line 5: "rights" is no reason`,
		asks + "  no rights.x(":              `line 5: "rights.x(" is no reason`,
		asks + "  no rights.x\n  no a.b":     "line 6: an answer stands below its question",
		above + "  no rights.x":              "line 4: an answer stands below its question",
		above + "eva desk:expense.view":      `line 4: "actor [for`,
		above + "eva: desk:expense":          "line 4: one action",
		above + "eva: desk:expense.*":        "line 4: one action",
		above + "eva: desk:expense.view@own": "line 4: one action",
		above + `eva: desk:expense.view {"owner": 5}`:             `line 4: "owner" is of another type`,
		above + `eva: desk:expense.view {"self_approval": "yes"}`: `line 4: "self_approval" is of another type`,
		above + "eva: desk:expense.view {owner}":                  "line 4: the properties are no object",
		above + "eva: desk:expense.view {} {}":                    "line 4: nothing is expected after",
		above + "revoke d/1":                                      `line 4: an id is expected after "revoke"`,
		above + "give eva":                                        "line 4: a person and a role",
		above + "at noon":                                         "line 4: an instant",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", strings.TrimPrefix(text, above), err, want)
		}
	}
}

// TestJudge shows that an answer is held against what is expected of it.
func TestJudge(t *testing.T) {
	yes := &ask{permit: true, reasons: []reason{{"rights.role_allows", "manager"}}}
	no := &ask{reasons: []reason{{code: "rights.sealed"}, {code: "guard.own_item"}}}
	allows, full := reason{"rights.role_allows", "manager"}, reason{code: "rights.full"}
	sealed, own, read := reason{code: "rights.sealed"}, reason{code: "guard.own_item"}, reason{code: "rights.read_only"}
	for _, c := range []struct {
		name string
		want *ask
		got  given
		fine bool
	}{
		{"yes", yes, given{permit: true, pro: []reason{full, allows}}, true},
		{"yes, for another reason", yes, given{permit: true, pro: []reason{full}}, false},
		{"yes, by another role", yes, given{permit: true, pro: []reason{{"rights.role_allows", "staff"}}}, false},
		{"no in the place of yes", yes, given{pro: []reason{allows}, con: []reason{sealed}}, false},
		{"no", no, given{pro: []reason{allows}, con: []reason{own, sealed}}, true},
		{"no, with a reason less", no, given{con: []reason{own}}, false},
		{"no, with a reason more", no, given{con: []reason{own, sealed, read}}, false},
		{"yes in the place of no", no, given{permit: true, pro: []reason{allows}, con: []reason{own, sealed}}, false},
	} {
		if problem := judge(c.want, c.got); (problem == "") != c.fine {
			t.Errorf("%s: got %q, want fine %v", c.name, problem, c.fine)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := read(text)
		if err != nil {
			return
		}
		for _, step := range s.steps {
			if (step.ask == nil) == (step.event == nil) {
				t.Fatalf("line %d is neither or both", step.line)
			}
			if step.ask != nil && (step.ask.actor == "" || step.ask.principal == "" || len(step.ask.reasons) == 0) {
				t.Fatalf("line %d is half a question: %+v", step.line, step.ask)
			}
		}
	})
}
