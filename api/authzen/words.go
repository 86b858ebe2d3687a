package authzen

import (
	"strconv"
	"strings"

	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/rights"
)

// UnknownType is the code of the reason that speaks against a subject or an actor whose type nobody is of.
const UnknownType = "authzen.unknown_type"

// said is what each reason that is no line of a role or a limit means, in English, for whoever runs the application.
var said = map[string]string{
	UnknownType:              "Subjects and actors of this type are not known.",
	decision.Unknown:         "There is no such person.",
	decision.Inactive:        "One of the two people is inactive.",
	decision.NoSession:       "There is no such acting session.",
	decision.SessionOver:     "The acting session has ended.",
	decision.OtherSession:    "The acting session is not of these two people, or not by this delegation.",
	decision.NoDelegation:    "No delegation between the two can be used now.",
	decision.SeveralOfThem:   "More than one delegation between the two can be used now: name one.",
	decision.Changed:         "What the answer rests on changed again and again meanwhile.",
	decision.Late:            "The answer came too late to be trusted.",
	decision.ClocksApart:     "The clocks of Standin and of its database are apart.",
	decision.Unreadable:      "The organisation's rules cannot be read.",
	decision.DelegationAlone: "A delegation was named, and nobody who acts by it.",
	guard.OwnItem:            "Nobody judges what they own or entered themselves.",
	guard.PrincipalsItem:     "Nobody who acts for somebody judges what that person owns or entered.",
	guard.NoOwner:            "Nobody judges an item of which it was not said whose it is.",
	guard.Forbidden:          "A guardrail forbids it",
	guard.Failed:             "A guardrail could not be applied, so it forbids",
	guard.Unreadable:         "A guardrail could not read a property, so it forbids",
	guard.NotPermitted:       "No policy of the application permits it.",
}

// say returns the reason as a sentence.
func say(r decision.Reason) string {
	if strings.HasPrefix(r.Code, "rights.") {
		return rights.Reason{Code: r.Code, For: r.For, Role: r.Role, At: r.At, Permission: r.Permission}.Said().Text()
	}
	text, ok := said[r.Code]
	if !ok {
		return r.Code
	}
	if strings.HasSuffix(text, ".") {
		return text
	}
	if r.Policy != "" {
		text += ": " + r.Policy
	}
	if r.Line > 0 {
		text += ", line " + strconv.Itoa(r.Line)
	}
	if r.Problem != "" {
		text += ", " + r.Problem
	}
	return text + "."
}
