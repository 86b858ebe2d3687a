package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/token/logout"
)

// SigningKey is one key that signs tokens, without its secret.
type SigningKey struct {
	ID        string     `json:"id" doc:"As tokens name it (kid)."`
	Algorithm string     `json:"algorithm" enum:"ES256,RS256"`
	State     string     `json:"state" enum:"next,signs,retired,stolen" doc:"next: known to applications, to sign later. retired: what it signed is good until it is over. stolen: what it signed is refused."`
	MadeAt    time.Time  `json:"made_at"`
	SignsAt   *time.Time `json:"signs_at,omitempty" doc:"When it began to sign."`
	RetiredAt *time.Time `json:"retired_at,omitempty"`
	StolenAt  *time.Time `json:"stolen_at,omitempty"`
}

// SigningKeys are the keys that sign tokens.
type SigningKeys struct {
	Items     []SigningKey `json:"items" nullable:"false"`
	MayRotate bool         `json:"may_rotate" doc:"Whether who asks may replace them: the installation serves one organisation."`
}

// SigningRotation asks for the next keys to sign.
type SigningRotation struct {
	Stolen bool `json:"stolen,omitempty" doc:"The keys were stolen: what they signed is refused everywhere within a second."`
}

// Telling is how telling one application goes that people are signed out.
type Telling struct {
	Waiting int        `json:"waiting" doc:"Of how many ends it was not told yet."`
	Oldest  *time.Time `json:"oldest,omitempty" doc:"Since when the oldest of them waits."`
	Items   []Told     `json:"items" nullable:"false" doc:"The last hundred, newest first."`
}

// Told is one sign-in's end that an application is told of.
type Told struct {
	SID     string     `json:"sid" doc:"As the application knows the sign-in."`
	MadeAt  time.Time  `json:"made_at"`
	Tries   int        `json:"tries"`
	TriedAt *time.Time `json:"tried_at,omitempty"`
	NextAt  *time.Time `json:"next_at,omitempty" doc:"When it is tried again."`
	Problem string     `json:"problem,omitempty" doc:"Of the last try: silent, redirected, unsafe (no https), private (in a network that the operator did not allow), or the status that was answered."`
	EndedAt *time.Time `json:"ended_at,omitempty"`
	Outcome string     `json:"outcome,omitempty" enum:"told,given_up,no_more" doc:"Absent while it goes on."`
}

func (a *api) describeSigning() {
	const tag = "Clients and keys"
	put(a, http.MethodGet, "/signing-keys", about{id: "listSigningKeys", tag: tag, admin: true, summary: "List the keys that sign tokens",
		text: "Needs standin:settings.manage. Secrets are never shown. Applications find what they need at /oauth2/jwks."}, a.listSigningKeys)
	put(a, http.MethodPost, "/signing-keys/rotate", about{id: "rotateSigningKeys", tag: tag, admin: true, status: http.StatusNoContent,
		summary: "Let the next keys sign",
		text: "Needs standin:settings.manage, in an installation that serves one organisation; else the operator does it, with standin keys rotate. " +
			"What was signed before stays good until it is over, unless the keys were stolen."}, a.rotateSigningKeys)
	put(a, http.MethodGet, "/clients/{id}/logouts", about{id: "listLogouts", tag: tag, admin: true, summary: "See how telling a client goes that people are signed out",
		text: "Back-channel logout. Needs standin:settings.manage. It names no person."}, a.listLogouts)
}

func (a *api) listSigningKeys(ctx context.Context, who standin.Caller, _ *none) (*body[SigningKeys], error) {
	list, may, err := a.Signing.List(ctx, who)
	return &body[SigningKeys]{SigningKeys{Items: whole(list, func(k keys.Key) SigningKey {
		return SigningKey{ID: k.ID, Algorithm: k.Algorithm, State: k.State(), MadeAt: k.MadeAt, SignsAt: moment(k.SignsAt), RetiredAt: moment(k.RetiredAt),
			StolenAt: moment(k.StolenAt)}
	}).Body.Items, MayRotate: may}}, err
}

func (a *api) rotateSigningKeys(ctx context.Context, who standin.Caller, in *body[SigningRotation]) (*none, error) {
	return &none{}, a.Signing.Rotate(ctx, who, in.Body.Stolen)
}

func (a *api) listLogouts(ctx context.Context, who standin.Caller, in *ClientPath) (*body[Telling], error) {
	s, err := a.Logout.Of(ctx, who, in.ID, 100)
	return &body[Telling]{Telling{Waiting: s.Waiting, Oldest: moment(s.Oldest), Items: whole(s.Deliveries, func(d logout.Delivery) Told {
		t := Told{SID: d.SID, MadeAt: d.MadeAt, Tries: d.Tries, TriedAt: moment(d.TriedAt), Problem: d.Problem, EndedAt: moment(d.EndedAt), Outcome: d.EndedHow}
		if d.EndedHow == "" {
			t.NextAt = moment(d.DueAt)
		}
		return t
	}).Body.Items}}, err
}
