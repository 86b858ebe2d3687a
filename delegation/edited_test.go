package delegation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// TestA2BothAreToldOfWhatWasEdited: who widened or narrowed what, to both of its people, until a week later; a new purpose
// is no news, nor is what changes nothing.
func TestA2BothAreToldOfWhatWasEdited(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		told := func(who standin.PersonID) (kinds []string) {
			t.Helper()
			alerts, e := h.Alerts(t.Context(), as(acme, who))
			if e != nil {
				t.Fatal(e)
			}
			for _, a := range alerts {
				if a.Kind == delegation.AlertWidened || a.Kind == delegation.AlertNarrowed || a.Kind == delegation.AlertAsked {
					kinds = append(kinds, string(a.Kind)+" "+a.ByName)
				}
			}
			return kinds
		}
		edit := func(by standin.PersonID, c delegation.Change) {
			t.Helper()
			h.Pass(time.Minute)
			must(h.Edit(t.Context(), as(acme, by), d.ID, c))(t)
		}
		expect := func(what string, bob, ann []string) {
			t.Helper()
			if diff := cmp.Diff(map[string][]string{"bob": bob, "ann": ann}, map[string][]string{"bob": told("bob"), "ann": told("ann")}); diff != "" {
				t.Errorf("%s: -want +got:\n%s", what, diff)
			}
		}
		sooner, later, purpose := d.EndsAt.Add(-48*time.Hour), d.EndsAt.Add(-24*time.Hour), "illness"
		edit("ann", delegation.Change{Purpose: &purpose})
		edit("ann", delegation.Change{Limits: &rights.Limits{}})
		expect("nothing but the purpose", nil, nil)
		edit("ann", delegation.Change{End: &sooner})
		expect("an earlier end", []string{"narrowed Ann Müller"}, []string{"narrowed Ann Müller"})
		edit("hr", delegation.Change{End: &later})
		expect("a later end", []string{"widened Hanna Resch"}, []string{"widened Hanna Resch"})
		edit("ann", delegation.Change{Limits: &rights.Limits{ReadOnly: true, Deny: []string{"desk:expense.approve"}}})
		expect("limits", []string{"narrowed Ann Müller"}, []string{"narrowed Ann Müller"})
		edit("ann", delegation.Change{Limits: &rights.Limits{ReadOnly: true, Sealed: true}})
		expect("sealed fields instead", []string{"widened Ann Müller"}, []string{"widened Ann Müller"})
		edit("ann", delegation.Change{Purpose: new("rest")})
		expect("the purpose after it", []string{"widened Ann Müller"}, []string{"widened Ann Müller"})
		must(h.Renew(t.Context(), as(acme, "ann"), d.ID))(t)
		expect("renewed", []string{"widened Ann Müller"}, []string{"widened Ann Müller"})
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Accept = true })
		edit("ann", delegation.Change{Limits: &rights.Limits{}})
		expect("asked for a yes", []string{"asked Ann Müller"}, []string{"widened Ann Müller"})
		h.put(delegation.Spec{ID: "d-file", Actor: "cem", Principal: "ann", Purpose: "file"})
		h.Pass(8 * 24 * time.Hour)
		expect("a week later", []string{"asked Ann Müller"}, nil)
		h.explained()
	})
}

// TestThreat11PromotionIsReported: whoever stands in for somebody who got a role may do more than was agreed to, which
// those who manage them are shown until somebody else than the stand-in looked at it.
func TestThreat11PromotionIsReported(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Pass(time.Hour)
		d, other := h.name(cover("bob", "ann")), h.name(cover("bob", "cem"))
		reported := func(want ...standin.DelegationID) {
			t.Helper()
			r, e := h.Reports(t.Context(), as(acme, "boss"), "")
			if e != nil || r.Counts.Promoted != len(want) {
				t.Fatalf("got %+v, %v", r.Counts, e)
			}
			var got []standin.DelegationID
			for _, row := range r.Promoted {
				got = append(got, row.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		reported()
		h.Pass(time.Hour)
		must(h.Directory.Hold(t.Context(), operator(acme), "ann", "hr", ""))(t)
		reported(d.ID)
		h.Pass(time.Hour)
		must(h.Directory.Hold(t.Context(), operator(acme), "cem", "peer", ""))(t)
		reported(other.ID, d.ID)
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Limits: &rights.Limits{Deny: []string{"standin:*.*"}}}))(t)
		reported(other.ID)
		// The stand-in, who manages here, narrows it: nobody else has looked.
		must(h.Directory.Hold(t.Context(), operator(acme), "bob", "super", ""))(t)
		h.Pass(time.Minute)
		must(h.Edit(t.Context(), as(acme, "bob"), other.ID, delegation.Change{Limits: &rights.Limits{ReadOnly: true}}))(t)
		reported(other.ID)
		must(h.Renew(t.Context(), as(acme, "cem"), other.ID))(t)
		reported()
		h.explained()
	})
}

// TestAPlaceThatIsNoneIsRefused: a list does not begin anew because somebody garbled where it was to go on.
func TestAPlaceThatIsNoneIsRefused(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for _, after := range []string{"x", "1", ".d", "x.d-1", "1.", "1.\x00"} {
			_, _, e := h.ListManaged(t.Context(), as(acme, "boss"), delegation.Query{After: after})
			refused(t, e, standin.Invalid, "delegation.bad_cursor")
		}
	})
}
