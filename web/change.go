package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/frame"
)

// change does one thing with a delegation, and shows it again.
func (v *visit) change() error {
	ctx, id, verb := v.R.Context(), v.delegationID(), v.R.PathValue("verb")
	var d delegation.Delegation
	var err error
	if proved, err := v.provedGiving(verb); !proved {
		return err
	}
	switch verb {
	case "enable":
		var span time.Duration
		if span, err = time.ParseDuration(v.R.PostFormValue("span")); err != nil {
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
		version, _ := strconv.ParseInt(v.R.PostFormValue("version"), 10, 64) // 0 is whichever is there
		d, err = v.Delegations.Accept(ctx, v.Caller, id, version)
	case "decline":
		d, err = v.Delegations.Decline(ctx, v.Caller, id, v.R.PostFormValue("reason"))
	default:
		return frame.NoPage()
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
		v.Tell("done.renew_until", "Moment", v.Base.Until(d.EndsAt).Text)
		http.Redirect(v.W, v.R, to, http.StatusSeeOther)
		return nil
	case "enable":
		v.Tell("done.enable_until", "Moment", v.Base.Until(d.EnabledUntil).Text)
		http.Redirect(v.W, v.R, to, http.StatusSeeOther)
		return nil
	}
	v.Tell("done." + verb)
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}

// refuseChange shows the delegation as it is now, and why nothing was done.
func (v *visit) refuseChange(err error) error {
	p, ok := v.Problem(err)
	if !ok || standin.KindOf(err) == standin.NotFound {
		return err
	}
	d, again := v.Delegations.Get(v.R.Context(), v.Caller, v.delegationID())
	if again != nil {
		return again
	}
	status := frame.StatusOf(err)
	if verb := v.R.PathValue("verb"); (verb == "accept" || verb == "decline") && d.AskedOf == v.Caller.Principal {
		return v.invitation(status, d, []frame.Problem{p})
	}
	return v.page(status, d, []frame.Problem{p})
}

// refusal returns the error that a person can read, nil where it is none.
func refusal(err error) *standin.Error {
	if e, ok := errors.AsType[*standin.Error](err); ok {
		return e
	}
	return nil
}
