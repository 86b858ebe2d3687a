package web

import "time"

// Delegation shows one delegation whole: its state, its limits, its history, and what can be done with it.
type Delegation struct {
	Base
	ID               string
	Actor, Principal Who
	State, Label     string
	Line             string
	Start, End       time.Time
	Theirs           string // the times in the principal's zone, where they differ
	Purpose          string
	Limits           []string
	Notes            []string
	Doing            []Deed
	Barred           string   // why nothing of it can be done now
	Spans            []Option // for how long a standby is enabled
	History          []Event
	Audit            string
}

// Deed is something that can be done with a delegation; Why says that it cannot be done now.
type Deed struct{ Do, Look, Why string }

// Event is one line of a history.
type Event struct {
	At           time.Time
	Text, Detail string
}

// Edit changes a delegation's dates, limits and purpose.
type Edit struct {
	Base
	ID               string
	Version          string
	Actor, Principal Who
	Standby          bool
	Accepts          bool // widening it is accepted again
	Dates
	Grant
	Purpose string
}

// Invitation asks the person whether they will stand in. Closed says that it was answered, withdrawn or is over.
type Invitation struct {
	Base
	ID         string
	Principal  Who
	Start, End time.Time
	Standby    bool
	Expires    time.Time
	Purpose    string
	Limits     []string
	Closed     string
	Why        string
	Reason     string
}
