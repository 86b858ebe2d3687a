package standin

import (
	"slices"
	"strings"
)

// EntitledIn reports whether the caller is an API key made for what, in every application or in this one.
func (c Caller) EntitledIn(what string, application ApplicationID) bool {
	return c.Entitled(what) || c.Entitled(what+":"+string(application))
}

// EntitledSomewhere reports whether the caller is an API key made for what, be it in one application alone.
func (c Caller) EntitledSomewhere(what string) bool {
	return c.Entitled(what) || c.Actor.Key() != "" && slices.ContainsFunc(c.May, func(may string) bool { return strings.HasPrefix(may, what+":") })
}
