package frame

import (
	"hash/fnv"
	"html/template"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/web/words"
)

// Base is what every page carries: who is there, for whom they act, the language, the look. Its methods are what
// templates call; they write words and times and decide nothing.
type Base struct {
	Nav          string // which entry of the main menu is this page's: "home", "audit", "people", "organisation", "reports"
	Theme        string // "light", "dark", or "" for what the machine says
	Menu         Menu
	Organisation string
	Word         string // what the organisation calls a stand-in: "deputy", "proxy", "backup", "representative"
	Me           *Who   // the person who is really there; nil before sign-in
	Acting       *Acting
	Stamp        string
	Path         string // of this page, where language and theme return to
	RequestID    string
	Flash        string
	Problems     []Problem
	Demo         bool

	Words    *words.Words   // the language that the page speaks
	Location *time.Location // of the times that it writes
	Now      time.Time
}

// Menu says which entries of the main menu there are beside those of everybody.
type Menu struct{ People, Organisation, Rules, Reports bool }

// Who is a person as pages name them.
type Who struct {
	ID, Name, Email string
	Note            string // their unit, or what else tells them apart
	Alike           bool   // somebody else on the page looks the same: the id is shown
}

// Acting is the banner: the person acts for somebody else.
type Acting struct {
	Principal  Who
	Kind       string    // "cover", "standby", "entry"; "support" for an administrator
	Ends       time.Time // of the acting session
	Why        string    // what ends it then: "session", "cover", "login"
	Limit      time.Time // when the delegation itself ends; zero: it does not
	Extendable bool
	Extension  time.Duration
	ReadOnly   bool
	Ticket     string
}

// Problem is something to be changed in a form; Field is the input's name, or "".
type Problem struct{ Field, Text string }

// Kept is an input that a form carries on.
type Kept struct{ Name, Label, Value string }

// Option is one of several that can be picked.
type Option struct {
	Value, Label, Hint string
	Picked             bool
}

// Moment is an instant as a page writes it.
type Moment struct{ Machine, Text, Full string }

func (b *Base) base() *Base { return b }

// T returns the message of the key; pairs are names and values.
func (b Base) T(key string, pairs ...any) string { return b.Words.Text(key, b.args(pairs)) }

// H returns the message of the key, which holds markup.
func (b Base) H(key string, pairs ...any) template.HTML { return b.Words.HTML(key, b.args(pairs)) }

func (b Base) args(pairs []any) map[string]any {
	args := make(map[string]any, len(pairs)/2+3)
	if word := b.Word; word != "" {
		args["Word"] = b.Words.Text("word."+word, nil)
		args["Words"] = b.Words.Text("word."+word+".several", nil)
		args["Title"] = b.Words.Text("word."+word+".title", nil)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return args
}

// Lang returns the page's language.
func (b Base) Lang() string { return b.Words.Language() }

// Languages returns the tags of all languages.
func (b Base) Languages() []string { return words.Languages() }

// Zone returns the name of the zone in which times are written.
func (b Base) Zone() string { return b.Location.String() }

// At returns the instant in the reader's zone.
func (b Base) At(t time.Time) Moment { return b.in(t, b.Location) }

// Near returns the instant in the reader's zone, today and tomorrow by these words.
func (b Base) Near(t time.Time) Moment {
	m := b.in(t, b.Location)
	m.Text = b.Words.Near(t.In(b.Location), b.Now)
	return m
}

// Until is Near for the end of something: midnight belongs to the day that ends.
func (b Base) Until(t time.Time) Moment {
	m := b.in(t, b.Location)
	m.Text = b.Words.Until(t.In(b.Location), b.Now)
	return m
}

// Elsewhere returns the instant in the named zone where that reads differently, else "".
func (b Base) Elsewhere(t time.Time, zone string) string {
	there, err := time.LoadLocation(zone)
	if err != nil || zone == "" || t.IsZero() || t.In(there).Format("02 15:04") == t.In(b.Location).Format("02 15:04") {
		return ""
	}
	return b.Words.Moment(t.In(there), b.Now)
}

func (b Base) in(t time.Time, zone *time.Location) Moment {
	local := t.In(zone)
	return Moment{
		Machine: t.UTC().Format(time.RFC3339),
		Text:    b.Words.Moment(local, b.Now),
		Full:    local.Format("2006-01-02 15:04:05 -0700") + " " + zone.String(),
	}
}

// Error returns what the person reads about the error; instants in it are those of the reader's zone.
func (b Base) Error(e *standin.Error) string {
	local := *e
	local.Args = make(map[string]string, len(e.Args))
	for name, value := range e.Args {
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			value = b.Until(t).Text
		}
		local.Args[name] = value
	}
	return b.Words.Error(&local)
}

// Span returns a length of time in words.
func (b Base) Span(d time.Duration) string { return b.Words.Span(d) }

// Number returns n with its thousands set apart.
func (b Base) Number(n int) string { return b.Words.Number(n) }

// Date and Time return the values of the inputs for an instant; both are empty for none.
func (b Base) Date(t time.Time) string { return b.input(t, time.DateOnly) }

// Time returns the value of a time input.
func (b Base) Time(t time.Time) string { return b.input(t, "15:04") }

func (b Base) input(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(b.Location).Format(layout)
}

// Problem returns what is to be changed in the field, or "".
func (b Base) Problem(field string) string {
	for _, p := range b.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// Whole returns the identity as it is shown everywhere: "Actor (for Principal)", or the name alone.
func (b Base) Whole() string {
	if b.Acting == nil {
		return b.Me.Shown()
	}
	return b.T("who.for", "Actor", b.Me.Name, "Principal", b.Acting.Principal.Name)
}

// Left returns the time that the acting session has, in milliseconds, for the countdown.
func (b Base) Left() int64 { return max(0, b.Acting.Ends.Sub(b.Now).Milliseconds()) }

// Soon reports whether the acting session ends within five minutes.
func (b Base) Soon() bool { return b.Acting.Ends.Sub(b.Now) <= 5*time.Minute }

// Remaining returns the line that counts down, "42 min left in this session".
func (b Base) Remaining() string {
	left := b.Acting.Ends.Sub(b.Now)
	if left < time.Minute {
		return b.T("banner."+b.Acting.Why+".seconds", "N", int(max(0, left)/time.Second))
	}
	if left < 2*time.Hour {
		return b.T("banner."+b.Acting.Why+".minutes", "N", int(left/time.Minute))
	}
	return b.T("banner."+b.Acting.Why+".hours", "N", int(left/time.Hour), "M", int(left%time.Hour/time.Minute))
}

// Pattern returns the countdown's message of the unit with {n} and {m} for the script to fill in.
func (b Base) Pattern(unit string) string {
	return b.T("banner."+b.Acting.Why+"."+unit, "N", "{n}", "M", "{m}")
}

// Shown returns the name as it may be shown.
func (w Who) Shown() string { return words.Shown(w.Name) }

// Initials returns the letters of the round mark beside the name.
func (w Who) Initials() string { return words.Initials(w.Name) }

// Hue returns which of the six tints the mark has, the same for a person everywhere.
func (w Who) Hue() int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(w.ID)) // a hash takes everything
	return int(sum.Sum32() % 6)
}

// Tell marks those of the people that an eye could take for one another.
func Tell(people []*Who) {
	seen := map[string]*Who{}
	for _, p := range people {
		key := words.Skeleton(p.Name)
		if other, ok := seen[key]; ok && other.ID != p.ID {
			p.Alike, other.Alike = true, true
			continue
		}
		seen[key] = p
	}
}
