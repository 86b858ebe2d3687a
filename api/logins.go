package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
)

// EndedLogin is a sign-in of one's own that somebody else ended.
type EndedLogin struct {
	ID      string    `json:"id"`
	EndedBy string    `json:"ended_by" example:"person:p-1"`
	Name    string    `json:"ended_by_name,omitempty" doc:"Absent where they are no person."`
	EndedAt time.Time `json:"ended_at"`
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
}

func (a *api) describeLogins() {
	const tag = "Ways in"
	put(a, http.MethodGet, "/people/{id}/logins", about{id: "listLoginsOf", tag: tag, admin: true, people: true, summary: "List where a person is signed in",
		text: "The oldest first. Needs what making them inactive needs. Not while acting."}, a.listLoginsOf)
	put(a, http.MethodDelete, "/people/{id}/logins", about{id: "endLoginsOf", tag: tag, admin: true, people: true, status: http.StatusNoContent,
		summary: "Sign a person out everywhere", text: "With what they do in somebody's place. They are told by whom. 404 where they are not signed in."}, a.endLoginsOf)
	put(a, http.MethodDelete, "/people/{id}/logins/{login}", about{id: "endLoginOf", tag: tag, admin: true, people: true, status: http.StatusNoContent,
		summary: "End one of a person's sign-ins", text: "With what they do in somebody's place. They are told by whom."}, a.endLoginOf)
	put(a, http.MethodGet, "/me/ended-logins", about{id: "listEndedLogins", tag: tag, person: true, summary: "List one's own sign-ins that others ended",
		text: "In the last week, the newest first. Empty while acting."}, a.listEndedLogins)
}

// login is a sign-in as it is told.
func loginOf(b signin.Browser) Login {
	return Login{ID: string(b.ID), Since: b.Since, Seen: b.Seen, Ends: b.Ends, Address: b.From.Address, Agent: b.From.Agent,
		Factors: texts(b.Factors), Here: b.Here}
}

func (a *api) listLoginsOf(ctx context.Context, who standin.Caller, in *PersonPath) (*body[Whole[Login]], error) {
	list, err := a.Signin.BrowsersOf(ctx, who, in.ID)
	return whole(list, loginOf), err
}

func (a *api) endLoginsOf(ctx context.Context, who standin.Caller, in *PersonPath) (*none, error) {
	return &none{}, a.Signin.OutOf(ctx, who, in.ID, "")
}

type loginOfPath struct {
	PersonPath
	Login standin.LoginID `path:"login" maxLength:"200" doc:"The sign-in's id."`
}

func (a *api) endLoginOf(ctx context.Context, who standin.Caller, in *loginOfPath) (*none, error) {
	return &none{}, a.Signin.OutOf(ctx, who, in.ID, in.Login)
}

func (a *api) listEndedLogins(ctx context.Context, who standin.Caller, _ *none) (*body[Whole[EndedLogin]], error) {
	list, err := a.Signin.Ended(ctx, who)
	return whole(list, func(e signin.EndedLogin) EndedLogin {
		return EndedLogin{ID: string(e.ID), EndedBy: string(e.By), Name: e.ByName, EndedAt: e.At, Address: e.From.Address, Agent: e.From.Agent}
	}), err
}
