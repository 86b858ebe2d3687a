package authzen

import "github.com/standin-id/standin/decision"

// UnknownType is the code of the reason that speaks against a subject or an actor whose type nobody is of.
const UnknownType = "authzen.unknown_type"

// say returns the reason as a sentence in English, for whoever runs the application.
func say(r decision.Reason) string {
	if r.Code == UnknownType {
		return "Subjects and actors of this type are not known."
	}
	return r.Said().Text()
}
