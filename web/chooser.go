package web

import "time"

// Chooser asks as whom the person works: themselves first, then everybody whom they may stand in for.
type Chooser struct {
	Base
	Return   string
	Find     string
	Filter   bool // there are so many that a search is offered
	Shown    int
	Matching int
	Total    int
	Sections []Section
	Later    []Choice // not available now, with the reason
	Gone     string   // what was chosen ended meanwhile
}

// Section is some of the choices under a heading: "", "recent", "ending", "all".
type Section struct {
	Heading string
	Choices []Choice
}

// Choice is one delegation that a person may act by.
type Choice struct {
	Delegation string
	Principal  Who
	Until      time.Time // zero: it does not end
	Can        string    // its limits in words; empty: everything that the principal can
	Purpose    string
	Why        string // why it is not available now
	Current    bool
}
