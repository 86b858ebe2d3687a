package api_test

import (
	"strings"
	"testing"

	"github.com/standin-id/standin/api"
)

// TestF1ApplicationsTellWhatWasDone lets an application record what ben did in it, in his own name and for ada, and finds it
// where the auditor looks.
func TestF1ApplicationsTellWhatWasDone(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		at := o.Now().Format("2006-01-02T15:04:05Z07:00")
		deed := func(id string, more map[string]any) map[string]any {
			d := map[string]any{"id": id, "at": at, "actor": "p-ben", "action": "desk:expense.approve", "resource": "e-1"}
			for name, v := range more {
				d[name] = v
			}
			return d
		}
		sent := map[string]any{"records": []any{
			deed("1", map[string]any{"after": map[string]any{"state": "approved", "Line Items": []any{map[string]any{"SKU": 1}}, "token": "hunter2"}}),
			deed("2", map[string]any{"principal": "p-ada", "session": o.acting.ID}),
			deed("3", map[string]any{"principal": "p-cleo", "session": o.acting.ID}),
		}}
		var got api.Receipts
		o.ask(recordKey, "POST", "/api/v1/records", sent).into(t, 200, &got)
		if len(got.Receipts) != 3 || got.Receipts[0].Code != "" || got.Receipts[1].Code != "" || got.Receipts[2].Code != "deeds.not_theirs" {
			t.Fatalf("got %+v", got)
		}
		o.ask(recordKey, "POST", "/api/v1/records", map[string]any{"records": []any{map[string]any{"id": "4", "at": at, "Actor": "p-ben", "action": "desk:expense.approve"}}}).
			problem(t, 422, "api.invalid")
		o.ask(askKey, "POST", "/api/v1/resources", map[string]any{"resources": []any{map[string]any{"application": "desk", "type": "expense", "id": "e-9",
			"properties": map[string]any{"costCentre": "C-1"}}}}).into(t, 200, nil)
		var again api.Receipts
		o.ask(recordKey, "POST", "/api/v1/records", sent).into(t, 200, &again)
		for i, r := range again.Receipts {
			if !r.Again || r.Record != got.Receipts[i].Record {
				t.Errorf("sent again: got %+v, want %+v", r, got.Receipts[i])
			}
		}
		found := o.records("resource=item:desk:expense/e-1")
		if len(found) != 3 {
			t.Fatalf("got %+v, want two deeds and a refusal", found)
		}
		if r := found[1]; r.Actor != "person:p-ben" || r.Principal != "p-ada" || r.Session != o.acting.ID || r.Action != "desk:expense.approve" {
			t.Errorf("got %+v, want both people", r)
		}
		if r := found[2]; r.Principal != "" || !strings.Contains(string(r.After), `"approved"`) || strings.Contains(string(r.After), "hunter2") {
			t.Errorf("got %+v %s, want ben's own", r, r.After)
		}
	})
}
