package web

// Ended says that acting came to an end while something was being done, and keeps what was typed.
type Ended struct {
	Base
	Principal Who
	Sentence  string
	Unsent    bool
	Typed     []Kept
}

// Stop is the page of one button behind a link that cannot post.
type Stop struct{ Base }

// Changed says that a form was made for another identity than the present one (THREATS 37); nothing was done.
type Changed struct {
	Base
	Was     *Who
	WasText string
	Again   string
	Typed   []Kept
}
