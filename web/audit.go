package web

import "time"

// Audit lists the record: when, who, for whom, what, with which result, by which delegation.
type Audit struct {
	Base
	All                   bool // the reader sees the whole organisation
	Who, For              string
	Action, Resource      string
	From, To              string
	OnlyActing            bool
	Filtered              bool
	ActionChoices         []Option
	People                []Who
	Rows                  []Entry
	Newest, Older, Export string
	Verified              *Verified
}

// Entry is one record in words.
type Entry struct {
	At                     time.Time
	Actor, ActorID         string
	Principal, PrincipalID string
	ForOther               bool
	Action, Text           string
	Resource, Delegation   string
	Outcome                string // "done", "refused", "failed"
	Reasons                []string
}

// Verified says how far the record is proved whole.
type Verified struct {
	Broken       bool
	Text, Detail string
}
