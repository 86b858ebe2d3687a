//go:build journey

package journey

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// TestB3NamingWithLimits: a deputy is named for chosen areas, acts, and an application that asks is answered by them; once
// they are narrowed, the next answer is the narrower one, though the deputy still acts.
func TestB3NamingWithLimits(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { namingWithLimits(t, serve(t), false) })
	t.Run("postgres", func(t *testing.T) { namingWithLimits(t, servePostgres(t), false) })
	t.Run("without script", func(t *testing.T) { namingWithLimits(t, serve(t), true) })
}

func namingWithLimits(t *testing.T, url string, plain bool) {
	browser := open(t)
	ada, bilal := visit(t, browser, url), visit(t, browser, url)
	if plain {
		ada.withoutScript()
	}
	ada.signIn("ada")
	ada.press("Name a deputy")
	ada.pick("Bilal Kaya")
	ada.pick("Annual leave")
	ada.pick("Chosen areas")
	ada.reads("Nothing but what is ticked")
	ada.pick("Expense: approve")
	ada.pick("View (Expense)")
	ada.pick("Projects") // the second tab
	ada.reads("Workdesk View View")
	ada.press("Check and confirm")
	ada.reads("Bilal Kaya can act for Ada Lindqvist", "View what is Ada Lindqvist’s own, and in sales", "Approve in sales", "Sealed fields stay hidden: Expense: Bank account")
	ada.misses("Project")
	ada.press("Name this person")
	ada.reads("Done. They have been told.")

	bilal.signIn("bilal")
	bilal.press("Deputy of Ada Lindqvist")
	var session string
	bilal.evaluate(`fetch("/api/v1/me").then(r => r.json()).then(me => me.acting.id)`, &session)
	may := func(action string, want bool) {
		t.Helper()
		if got := decided(t, url, session, action); got != want {
			t.Errorf("got %v for %s, want %v", got, action, want)
		}
	}
	may("expense.view", true)
	may("expense.approve", true)
	may("project.view", false)
	may("project.plan", false)

	ada.open("/")
	ada.press("Bilal Kaya")
	ada.press("Edit")
	ada.pick("Expense: approve")
	ada.press("Save")
	narrowed := time.Now()
	ada.reads("Saved.", "Only: Workdesk: Expense, view")
	may("expense.approve", false)
	t.Logf("the narrower answer came %v after narrowing was acknowledged", time.Since(narrowed).Round(time.Millisecond))
	may("expense.view", true)
	bilal.open("/")
	if got := bilal.banner(); got == "" {
		t.Error("got no banner after narrowing, want the session to go on")
	}
	ada.press("May they do this, and why?")
	ada.chooses("what", "Workdesk · Expense: approve")
	ada.chooses("owner", "Somebody else")
	ada.types("unit", "sales")
	ada.press("Show the answer")
	ada.reads("Bilal Kaya may not do this for Ada Lindqvist", "The rule that decides:", "What would change it")
}

// decided asks, as an application would, whether the action may be done in the acting session with a record of the unit
// sales that is Chiara's.
func decided(t *testing.T, url, session, action string) bool {
	t.Helper()
	typ, name, _ := bytes.Cut([]byte(action), []byte("."))
	body, err := json.Marshal(map[string]any{
		"subject":  map[string]string{"type": "person", "id": "ada"},
		"action":   map[string]string{"name": string(name)},
		"resource": map[string]any{"type": "desk:" + string(typ), "id": "r-1", "properties": map[string]string{"owner": "chiara", "unit": "sales"}},
		"context":  map[string]any{"acting_session": session},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/access/v1/evaluation", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer only-for-trials")
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var said struct {
		Decision bool `json:"decision"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("got %s and %v, want an answer", answer.Status, err)
	}
	return said.Decision
}
