package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// ClientActivity is what a client asked for last, or was last refused for one reason.
type ClientActivity struct {
	What    string    `json:"what" doc:"authorize, par, token, refresh, exchange, userinfo, introspect, logout, or told: whether it could be told of a sign-out."`
	Problem string    `json:"problem,omitempty" doc:"redirect_uri, secret, pkce, code, refresh, scope, par, dpop, grant, token, address or request; absent where it was answered."`
	Detail  string    `json:"detail,omitempty" doc:"What it sent that was refused: made up by whoever asked."`
	At      time.Time `json:"at" doc:"To the minute where it always asks the same."`
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
}

func (a *api) getClient(ctx context.Context, who standin.Caller, in *ClientPath) (*body[Client], error) {
	c, err := a.Applications.KeptClient(ctx, who, in.ID)
	return &body[Client]{client(c)}, err
}

func (a *api) listClientActivity(ctx context.Context, who standin.Caller, in *ClientPath) (*body[Whole[ClientActivity]], error) {
	list, err := a.Applications.Activity(ctx, who, in.ID)
	return whole(list, clientActivity), err
}
