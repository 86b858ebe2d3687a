package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// ClientActivity is what a client asked for last, or was last refused for one reason.
type ClientActivity struct {
	What    string    `json:"what" doc:"authorize, par, token, refresh, exchange, userinfo, introspect, logout, or told: whether it could be told of a sign-out."`
	Problem string    `json:"problem,omitempty" doc:"redirect_uri, secret, pkce, code, refresh, scope, par, dpop, grant, token, denied, address or request; absent where it was answered."`
	Detail  string    `json:"detail,omitempty" doc:"What it sent that was refused: made up by whoever asked."`
	At      time.Time `json:"at" doc:"To the minute where it always asks the same."`
}

// ClientHeard is an activity with whose it is.
type ClientHeard struct {
	Client string `json:"client" doc:"The client's id."`
	ClientActivity
}

func clientActivity(a application.Activity) ClientActivity {
	return ClientActivity{What: a.What, Problem: a.Problem, Detail: a.Detail, At: a.At}
}

func (a *api) describeClients() {
	const tag = "Clients and keys"
	put(a, http.MethodGet, "/clients/{id}", about{id: "getClient", tag: tag, admin: true, summary: "Read a client",
		text: "Needs standin:settings.manage. Its secret is never shown."}, a.getClient)
	put(a, http.MethodGet, "/clients/{id}/activity", about{id: "listClientActivity", tag: tag, admin: true, summary: "See what a client asked for last",
		text: "Needs standin:settings.manage. The last of each kind, the latest first: whether an application that is being connected was heard, and what is wrong."},
		a.listClientActivity)
	put(a, http.MethodGet, "/client-activity", about{id: "listActivities", tag: tag, admin: true, summary: "See what all clients asked for last",
		text: "Needs standin:settings.manage. Of each client what listClientActivity tells, the latest first."}, a.listActivities)
}

func (a *api) getClient(ctx context.Context, who standin.Caller, in *ClientPath) (*body[Client], error) {
	c, err := a.Applications.KeptClient(ctx, who, in.ID)
	return &body[Client]{client(c)}, err
}

func (a *api) listClientActivity(ctx context.Context, who standin.Caller, in *ClientPath) (*body[Whole[ClientActivity]], error) {
	list, err := a.Applications.Activity(ctx, who, in.ID)
	return whole(list, clientActivity), err
}

func (a *api) listActivities(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[ClientHeard]], error) {
	all, err := a.Applications.Activities(ctx, who)
	var list []ClientHeard
	for _, id := range slices.Sorted(maps.Keys(all)) {
		for _, heard := range all[id] {
			list = append(list, ClientHeard{string(id), clientActivity(heard)})
		}
	}
	return whole(list, func(h ClientHeard) ClientHeard { return h }), err
}
