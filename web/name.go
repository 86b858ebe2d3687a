package web

import "time"

// Name asks who shall stand in, when, and for what.
type Name struct {
	Base
	Principal *Who // for whom an administrator names; nil: for oneself
	Find      string
	People    []Candidate
	More      bool
	Spans     []Option
	When      string
	Dates
	Grant
	Purposes []Option
	Reason   string
	Purpose  string
}

// Candidate is somebody who could be named.
type Candidate struct {
	Who
	Picked bool
	Last   bool   // was named last time
	Clash  string // what speaks against it, in words
}

// Dates are the inputs for a start and an end.
type Dates struct {
	From, To  Input
	DatesZone string
	Longest   string
}

// Input is a day and a time as the browser sends them.
type Input struct{ Day, Time string }

// Grant is what a stand-in may do, as the form asks for it.
type Grant struct {
	Scopes   []Option
	What     string // "full", "view", "areas", "entry"
	Areas    []Option
	Entries  []Option
	Sealed   bool
	Sealable string // the sealed fields by name; empty: there are none
}

// Option is one of several that can be picked.
type Option struct {
	Value, Label, Hint string
	Picked             bool
}

// Check repeats in plain words what is about to be named.
type Check struct {
	Base
	Kept            []Kept
	Actors          []*Who
	Principal       Who
	Start, End      time.Time
	Standby         bool
	Purpose, Length string
	Theirs          string // the times in the principal's zone, where they differ
	Could, CouldNot []string
	Confidential    []string
	Limited         bool
	Notes           []string
	Prove           bool
}

// Kept is an input that a form carries on.
type Kept struct{ Name, Label, Value string }
