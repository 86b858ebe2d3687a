package web

import "time"

// Home is "Cover": who covers the person, whom they cover, and what comes next. While acting it is the principal's.
type Home struct {
	Base
	Alerts       []Alert
	Mine, Others []Cover
	Past         []Cover
	Dates        []NextDate
	NameWhy      string // why nobody can be named now
	Managed      bool   // the person names stand-ins for others too
}

// Cover is one delegation in a list, seen from one of its two people; Other is the other one.
type Cover struct {
	ID      string
	Other   Who
	State   string // "active", "upcoming", "dormant", "asked", "declined", "over", "inactive"
	Label   string
	Line    string
	Purpose string
}

// Alert is something that the person is told (A7, A12).
type Alert struct {
	Tone, Icon     string
	Text, Detail   string
	Link, LinkText string
}

// NextDate is something that will happen.
type NextDate struct {
	At   time.Time
	Text string
}
