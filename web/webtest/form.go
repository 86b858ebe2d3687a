package webtest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// Tab is another window of the same browser.
func (b *Browser) Tab() *Browser { other := *b; return &other }

// Records returns those that the filter leaves of acme's, newest first, at most 200.
func (h *House) Records(f ledger.Filter) (all []ledger.Record) {
	h.T.Helper()
	f.Organisation = Acme
	err := h.DB.View(h.T.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		all, _, err = h.Ledger.Page(ctx, tx, f, ledger.Cursor{}, 200)
		return err
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return all
}

// Value is what an input of the page holds.
func (p *Answer) Value(name string) string {
	return p.Find("main [name='"+name+"']").AttrOr("value", "")
}

// Picked are the values that are ticked.
func (p *Answer) Picked(name string) (values []string) {
	for _, n := range p.Find("main input[name='" + name + "'][checked]").EachIter() {
		values = append(values, n.AttrOr("value", ""))
	}
	return values
}

// Problem asserts that the summary leads to the field, where the problem stands too.
func (p *Answer) Problem(t *testing.T, field, text string) *Answer {
	t.Helper()
	if got := p.Find("#problems a[href='#" + field + "']").Text(); !strings.Contains(got, text) {
		t.Errorf("got %q in the summary for %s, want %q: %s", got, field, text, p.Main())
	}
	at := p.Find("#" + field)
	if at.Length() != 1 || !strings.Contains(at.Parent().Text(), text) {
		t.Errorf("got no %q at the field %s", text, field)
	}
	return p
}

// Confirmed sends what the page of checking keeps.
func (b *Browser) Confirmed(pairs ...string) *Answer {
	b.T.Helper()
	all := append([]string{"do", "confirm"}, pairs...)
	for _, n := range b.Seen.Find("main form input[type=hidden]").EachIter() {
		if name := n.AttrOr("name", ""); name != "identity" {
			all = append(all, name, n.AttrOr("value", ""))
		}
	}
	return b.Post("/cover/name", all...)
}

// Named returns what the principal granted.
func (h *House) Named(principal standin.PersonID) []delegation.View {
	h.T.Helper()
	views, err := h.Delegations.ListForPrincipal(h.T.Context(), h.Caller(principal), principal, true)
	if err != nil {
		h.T.Fatal(err)
	}
	return views
}

// Set changes acme's settings.
func (h *House) Set(change func(*directory.Settings)) {
	h.T.Helper()
	settings := directory.DefaultSettings()
	settings.TimeZone = "Europe/Berlin"
	change(&settings)
	if _, err := h.Directory.PutOrganisation(h.T.Context(), standin.OperatorCaller(Acme, "test"), directory.Organisation{Name: "Acme Ltd", Settings: settings}); err != nil {
		h.T.Fatal(err)
	}
}

// Request makes the request that post sends.
func (b *Browser) Request(path string, pairs ...string) *http.Request {
	b.T.Helper()
	form := url.Values{"identity": {b.Identity()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, b.H.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// Deeds are what the page offers, those that cannot be done now in brackets.
func (p *Answer) Deeds() (all []string) {
	for _, n := range p.Find(".doing button, .doing a.button").EachIter() {
		text := strings.Join(strings.Fields(n.Text()), " ")
		if _, off := n.Attr("disabled"); off {
			text = "[" + text + "]"
		}
		all = append(all, text)
	}
	return all
}

// Offers asserts that the page offers just that.
func (p *Answer) Offers(t *testing.T, want ...string) *Answer {
	t.Helper()
	if got := p.Deeds(); !slices.Equal(got, want) {
		t.Errorf("got %q offered, want %q", got, want)
	}
	return p
}

// Delegation returns the delegation as it is now.
func (h *House) Delegation(id standin.DelegationID) delegation.View {
	h.T.Helper()
	d, err := h.Delegations.Get(h.T.Context(), standin.OperatorCaller(Acme, "test"), id)
	if err != nil {
		h.T.Fatal(err)
	}
	return d
}

// Section is the text of the part of the page below the heading.
func (p *Answer) Section(id string) string {
	return strings.Join(strings.Fields(p.Find("[aria-labelledby="+id+"]").Text()), " ")
}
