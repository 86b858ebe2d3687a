package web

import (
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/frame"
)

// EndedSignIn tells that somebody else ended a sign-in of the person's.
type EndedSignIn struct {
	By, When, Agent, Address string
}

// EndedSignIns are what the page tells of sign-ins that others ended.
func EndedSignIns(b frame.Base, all []signin.EndedLogin) (told []EndedSignIn) {
	for _, e := range all {
		told = append(told, EndedSignIn{By: madeBy(b, e.By, e.ByName), When: b.Near(e.At).Text, Agent: e.From.Agent, Address: e.From.Address})
	}
	return told
}
