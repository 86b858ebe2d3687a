package api_test

import (
	"slices"
	"testing"

	"github.com/standin-id/standin/api"
)

// TestB3PreviewsTellWhatOpensNothing: a line that names what the principal may not do is told before naming, and editing.
func TestB3PreviewsTellWhatOpensNothing(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.signIn("ben")
		limits := map[string]any{"allow": []string{"standin:settings.manage"}}
		var named api.NamingPreview
		ben.ask("POST", "/api/v1/delegations/preview", map[string]any{"actors": []any{"p-ada"}, "purpose": "annual leave", "limits": limits}).into(t, 200, &named)
		if len(named.Items) != 1 || !slices.Equal(named.Idle, []string{"standin:settings.manage"}) {
			t.Errorf("got %+v", named)
		}
		id := h.named(map[string]any{"actors": []any{"p-ada"}, "principal": "p-ben", "purpose": "annual leave"})
		var edited api.Edited
		ben.ask("POST", "/api/v1/delegations/"+id+"/preview", map[string]any{"limits": limits}).into(t, 200, &edited)
		if !slices.Equal(edited.Idle, []string{"standin:settings.manage"}) {
			t.Errorf("got %+v", edited)
		}
		ben.ask("POST", "/api/v1/delegations/"+id+"/preview", map[string]any{"purpose": "illness"}).into(t, 200, &edited)
		if edited.Idle == nil || len(edited.Idle) > 0 {
			t.Errorf("without limits: got %+v", edited)
		}
	})
}
