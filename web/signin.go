package web

// SignIn asks for e-mail and password.
type SignIn struct {
	Base
	Email       string
	Return      string
	Application string // that asked for the sign-in
	Blocked     bool
}

// Prove asks for the password once more, when a factor was proved too long ago.
type Prove struct {
	Base
	Return string
}

// Terms shows the organisation's privacy notice. Why says that it cannot be accepted now.
type Terms struct {
	Base
	Version string
	Text    []string
	Changed bool
	Why     string
	Return  string
}
