package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/frame"
)

// giving are the verbs of pages by which a delegation lets its actor do more.
var giving = map[string]delegation.Verb{"enable": delegation.DoEnable, "renew": delegation.DoRenew, "reactivate": delegation.DoReactivate}

// provedGiving reports whether a factor was proved lately where the verb lets a stand-in do more, as naming one needs it (THREATS 25).
// Where it reports false, the page that asks for it is shown. Whoever may not do it anyway is not asked; the use case refuses them.
func (v *visit) provedGiving(verb string) (bool, error) {
	if !v.stale() || v.Caller.Acting() {
		return true, nil
	}
	gives := giving[verb]
	if verb != "accept" && gives == "" {
		return true, nil
	}
	d, err := v.Delegations.Get(v.R.Context(), v.Caller, v.delegationID())
	if err != nil {
		return false, err
	}
	if verb == "accept" && d.AskedOf == d.Principal { // whose yes gives
		gives = delegation.DoAccept
	}
	if gives == "" || !d.Can(gives) {
		return true, nil
	}
	return v.proved(d)
}

// proved proves the factor that was sent along, and otherwise shows the page that asks for one and sends the form again with it.
func (v *visit) proved(d delegation.View) (bool, error) {
	page := v.asking(v.Base, "/cover/"+string(d.ID))
	page.Again, page.Kept = v.R.URL.Path, sentAlong(v.R.PostForm)
	status := http.StatusForbidden
	if v.R.PostFormValue("password") != "" {
		err := v.proveNow()
		if err == nil {
			return true, nil
		}
		problem, ok := v.Problem(err)
		if !ok {
			return false, err
		}
		status = frame.StatusOf(err)
		page.Problems = []frame.Problem{{Field: "password", Text: problem.Text}}
	}
	v.Show(v.W, v.R, status, "prove", page)
	return false, nil
}

// sentAlong are the inputs of a form but those that the page which sends it again has itself.
func sentAlong(form url.Values) (all []frame.Kept) {
	for name, values := range form {
		if name == "identity" || name == "username" || name == "password" {
			continue
		}
		for _, value := range values {
			all = append(all, frame.Kept{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(all, func(a, b frame.Kept) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// others reports whether the delegation is of others than the visitor, who administers it.
func (v *visit) others(d delegation.View) bool {
	return d.Actor != v.Caller.Principal && d.Principal != v.Caller.Principal
}
