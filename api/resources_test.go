package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin/api"
)

func TestH3ApplicationsRegisterTheirRecords(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		record := func(id string, properties map[string]any) map[string]any {
			return map[string]any{"application": "desk", "type": "expense", "id": id, "properties": properties}
		}
		register := func(key string, list ...any) answer {
			return h.ask(key, "POST", "/api/v1/resources", map[string]any{"resources": list})
		}
		var n api.Counted
		first := record("e/1", map[string]any{"owner": "p-ben", "entered_by": "p-cleo", "unit": "sales", "self_approval": true, "amount": 5, "tags": []any{"a"}})
		if register(askKey, first, record("e/2", nil)).into(t, 200, &n); n.Count != 2 {
			t.Errorf("got %d registered, want 2", n.Count)
		}
		if register(adminKey, first, record("e/2", map[string]any{"unit": "finance"})).into(t, 200, &n); n.Count != 1 {
			t.Errorf("got %d changed, want 1: the other is as it was", n.Count)
		}
		var list api.Page[api.Resource]
		h.ask(askKey, "GET", "/api/v1/resources/desk/expense?limit=1", nil).into(t, 200, &list)
		want := map[string]any{"owner": "p-ben", "entered_by": "p-cleo", "unit": "sales", "self_approval": true, "amount": 5.0, "tags": []any{"a"}}
		if len(list.Items) != 1 || list.Items[0].ID != "e/1" || list.Items[0].Version != 1 || list.Next == "" {
			t.Fatalf("got %+v, want the first of two", list)
		}
		if diff := cmp.Diff(list.Items[0].Properties, want); diff != "" {
			t.Errorf("read otherwise than written: %s", diff)
		}
		after := list.Next
		list = api.Page[api.Resource]{}
		h.ask(askKey, "GET", "/api/v1/resources/desk/expense?limit=1&after="+after, nil).into(t, 200, &list)
		if len(list.Items) != 1 || list.Items[0].ID != "e/2" || list.Items[0].Version != 2 || list.Next != "" {
			t.Errorf("got %+v, want the second and last", list)
		}
		if h.ask(askKey, "POST", "/api/v1/resources/remove", map[string]any{"resources": []any{map[string]any{"application": "desk", "type": "expense", "id": "e/2"},
			map[string]any{"application": "desk", "type": "expense", "id": "e/3"}}}).into(t, 200, &n); n.Count != 1 {
			t.Errorf("got %d removed, want 1", n.Count)
		}
		got := actions(h.records("action=resource."))
		slices.Reverse(got)
		if diff := cmp.Diff(got, []string{"resource.create done", "resource.create done", "resource.change done", "resource.delete done"}); diff != "" {
			t.Errorf("recorded otherwise: %s", diff)
		}
		// what is refused registers nothing
		size := len(h.records(""))
		register(askKey, record("e/4", nil), record("e/5", map[string]any{"unit": 7})).problem(t, 422, "api.property_text")
		if got := register(askKey, record("e/4", nil), map[string]any{"application": "desk", "type": "nothing", "id": "e/5"}); got.StatusCode != 422 {
			t.Errorf("got %d %s for a type that nobody has, want 422", got.StatusCode, got.text)
		}
		register(askKey).problem(t, 422, "api.invalid")
		register(askKey, record("", nil)).problem(t, 422, "api.invalid")
		register(askKey, record(strings.Repeat("e", 257), nil)).problem(t, 422, "api.invalid")
		var many []any
		for i := range 1001 {
			many = append(many, record(fmt.Sprint(i), nil))
		}
		register(askKey, many...).problem(t, 422, "api.invalid")
		register(hrKey, first).problem(t, 403, "api.not_entitled")
		if got := h.signIn("cleo").ask("POST", "/api/v1/resources", map[string]any{"resources": []any{first}}); got.StatusCode != 403 {
			t.Errorf("got %d %s for somebody without powers, want 403", got.StatusCode, got.text)
		}
		if got := len(h.records("")); got != size+1 { // cleo's sign-in
			t.Errorf("%d records were written by what was refused", got-size-1)
		}
	})
}
