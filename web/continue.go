package web

// Continue is the demonstration's first page: the company's story and the people to continue as.
type Continue struct {
	Base
	Company string
	Story   []string
	People  []Player
	Steps   []string
}

// Player is somebody to continue as.
type Player struct {
	Who
	Role, Try string
	First     bool
}
