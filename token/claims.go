package token

import (
	"slices"
	"time"

	"github.com/standin-id/standin"
)

// Levels of authentication, as tokens say them in "acr": one factor was proved, or several.
const (
	OneFactor      = "1"
	SeveralFactors = "2"
)

// reserved are the names that nothing but this room and the protocol's adapter says (THREATS 62).
var reserved = []string{"acr", "act", "acting", "amr", "at_hash", "aud", "auth_time", "azp", "c_hash", "client_id", "cnf", "email", "events", "exp",
	"iat", "iss", "jti", "locale", "may_act", "name", "nbf", "nonce", "scope", "sid", "sub", "zoneinfo"}

// Reserved reports whether a claim of the name is Standin's own, so that nothing that is added can say it.
func Reserved(name string) bool { return slices.Contains(reserved, name) }

// Add returns the claims with those of extra that are not Reserved and not said already.
func Add(claims, extra map[string]any) map[string]any {
	for name, value := range extra {
		if _, said := claims[name]; !said && !Reserved(name) {
			claims[name] = value
		}
	}
	return claims
}

// Claims returns what is said about who it is, in access tokens, ID tokens, at userinfo and at introspection alike: the
// principal as sub, the actor as act (RFC 8693 §4.1), the acting session as sid, and what it is in acting. Of the person's
// data it says what the scopes profile and email open. now is the instant at which it is said.
//
// The human who is really there is the outermost act, and the services that exchanged follow inside, in their order
// (docs/decisions/0018). For a client that does not read act itself, name tells both people.
func Claims(w Who, now time.Time) map[string]any {
	c := map[string]any{"sub": string(w.Grant.Principal), "sid": w.Grant.SID(), "auth_time": w.Grant.AuthTime.Unix(), "acr": acr(w.Grant.Factors),
		"amr": list(w.Grant.Factors)}
	if slices.Contains(w.Scopes, "profile") || w.Acting() && !w.Client.ReadsAct {
		c["name"] = name(w)
	}
	if slices.Contains(w.Scopes, "profile") {
		said(c, "zoneinfo", w.Principal.TimeZone)
		said(c, "locale", w.Principal.Language)
	}
	if slices.Contains(w.Scopes, "email") {
		said(c, "email", w.Principal.Email)
	}
	if w.Acting() {
		c["act"] = act(w)
		c["acting"] = acts(w)
	}
	if len(w.MayAct) > 0 {
		c["may_act"] = mayAct(w)
	}
	return c
}

func said(claims map[string]any, name, value string) {
	if value != "" {
		claims[name] = value
	}
}

func name(w Who) string {
	if w.Acting() && !w.Client.ReadsAct {
		return w.Actor.Name + " (for " + w.Principal.Name + ")"
	}
	return w.Principal.Name
}

func acr(factors []string) string {
	if len(factors) > 1 {
		return SeveralFactors
	}
	return OneFactor
}

// act names who is really there, and after them the services, each as "client:" and its id, so that no client can look like
// a person (THREATS 61).
func act(w Who) map[string]any {
	actor := map[string]any{"sub": string(w.Actor.ID), "name": w.Actor.Name}
	if !w.Discreet {
		actor["email"] = w.Actor.Email
	}
	last := actor
	for _, service := range w.Grant.Services {
		next := map[string]any{"sub": "client:" + string(service)}
		last["act"] = next
		last = next
	}
	return actor
}

func acts(w Who) map[string]any {
	return map[string]any{"delegation": string(w.Delegation.ID), "kind": string(w.Delegation.Kind), "read_only": w.Delegation.Limits.ReadOnly,
		"view": w.Session.View, "expires_at": w.Session.ExpiresAt.Unix()}
}

// mayAct is one person, or a list of them (docs/decisions/0018).
func mayAct(w Who) any {
	all := make([]map[string]any, len(w.MayAct))
	for i, p := range w.MayAct {
		all[i] = map[string]any{"sub": string(p.ID), "name": p.Name}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// seconds is when something ends as tokens say it: never later than it does.
func seconds(at time.Time) int64 { return standin.Micros(at) / 1e6 }
