package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

// change does one thing with a delegation, and shows it again.
func (v *visit) change() error {
	ctx, id, verb := v.r.Context(), v.delegationID(), v.r.PathValue("verb")
	var d delegation.Delegation
	var err error
	switch verb {
	case "enable":
		var span time.Duration
		if span, err = time.ParseDuration(v.r.PostFormValue("span")); err != nil {
			span = 0 // which the room refuses with what is wrong
		}
		d, err = v.Delegations.Enable(ctx, v.Caller, id, span)
	case "disable":
		d, err = v.Delegations.Disable(ctx, v.Caller, id)
	case "renew":
		d, err = v.Delegations.Renew(ctx, v.Caller, id)
	case "laydown":
		d, err = v.Delegations.LayDown(ctx, v.Caller, id)
	case "end":
		d, err = v.Delegations.Revoke(ctx, v.Caller, id)
	case "inactivate":
		d, err = v.Delegations.Deactivate(ctx, v.Caller, id)
	case "reactivate":
		d, err = v.Delegations.Reactivate(ctx, v.Caller, id)
	case "delete":
		err = v.Delegations.Delete(ctx, v.Caller, id)
	case "accept":
		version, _ := strconv.ParseInt(v.r.PostFormValue("version"), 10, 64) // 0 is whichever is there
		d, err = v.Delegations.Accept(ctx, v.Caller, id, version)
	case "decline":
		d, err = v.Delegations.Decline(ctx, v.Caller, id, v.r.PostFormValue("reason"))
	default:
		return notFound()
	}
	if err != nil {
		return v.refuseChange(err)
	}
	return v.changed(verb, d)
}

// changed leads on after something was done.
func (v *visit) changed(verb string, d delegation.Delegation) error {
	to := "/cover/" + string(d.ID)
	switch verb {
	case "delete", "decline":
		to = "/"
	case "renew":
		v.tell("done.renew_until", "Moment", v.base.Until(d.EndsAt).Text)
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
		return nil
	case "enable":
		v.tell("done.enable_until", "Moment", v.base.Until(d.EnabledUntil).Text)
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
		return nil
	}
	v.tell("done." + verb)
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// refuseChange shows the delegation as it is now, and why nothing was done.
func (v *visit) refuseChange(err error) error {
	p, ok := v.problem(err)
	if !ok || standin.KindOf(err) == standin.NotFound {
		return err
	}
	d, again := v.Delegations.Get(v.r.Context(), v.Caller, v.delegationID())
	if again != nil {
		return again
	}
	status := faces[standin.KindOf(err)].status
	if verb := v.r.PathValue("verb"); (verb == "accept" || verb == "decline") && d.AskedOf == v.Caller.Principal {
		return v.invitation(status, d, []Problem{p})
	}
	return v.page(status, d, []Problem{p})
}

// refusal returns the error that a person can read, nil where it is none.
func refusal(err error) *standin.Error {
	if e, ok := errors.AsType[*standin.Error](err); ok {
		return e
	}
	return nil
}
