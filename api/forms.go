package api

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/standin-id/standin"
)

// Paging asks for one page of a list.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most."`
	After string `query:"after" maxLength:"1000" doc:"The next of the page before."`
}

// A list's name is in the places that lead into it, so that a place in one list opens no other.
const (
	ofPeople      = "people"
	ofCandidates  = "candidates"
	ofDelegations = "delegations"
	ofRecords     = "records"
)

// mark writes a place in the list as text that says nothing to whoever passes it on.
func mark(list, place string) string {
	if place == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(list + " " + place))
}

// place reads what mark wrote, "" for the beginning of the list.
func (p Paging) place(list string) (string, error) {
	if p.After == "" {
		return "", nil
	}
	inner, err := base64.RawURLEncoding.DecodeString(p.After)
	name, place, _ := strings.Cut(string(inner), " ")
	if err != nil || name != list || place == "" || !plain(place) {
		return "", noPlace()
	}
	return place, nil
}

func noPlace() error {
	return standin.Refuse(standin.Invalid, "api.list", "api.after", "This is no next of a page of this list.").On("after")
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Where the following page begins; absent on the last."`
}

// page returns the answer that holds each of list in its form.
func page[T, F any](list []T, next string, form func(T) F) *body[Page[F]] {
	p := Page[F]{Items: make([]F, 0, len(list)), Next: next}
	for _, one := range list {
		p.Items = append(p.Items, form(one))
	}
	return &body[Page[F]]{p}
}

// given returns what was sent, or nothing of it where nothing was.
func given[T any](sent *T) T {
	if sent == nil {
		return *new(T)
	}
	return *sent
}

// Whole is a list that comes in one piece.
type Whole[T any] struct {
	Items []T `json:"items" nullable:"false"`
}

func whole[T, F any](list []T, form func(T) F) *body[Whole[F]] {
	return &body[Whole[F]]{Whole[F]{page(list, "", form).Body.Items}}
}

// Changed says whether a change was needed.
type Changed struct {
	Changed bool `json:"changed" doc:"False where everything was so already; then nothing was recorded."`
}

// moment returns the instant, nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// instant returns what was sent, zero for nothing; what cannot be stored is cut off.
func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// texts returns the list with its elements as plain text, never nil.
func texts[T ~string](list []T) []string {
	all := make([]string, 0, len(list))
	for _, one := range list {
		all = append(all, string(one))
	}
	return all
}

// ids returns the list with its elements as identifiers.
func ids[T ~string](list []string) []T {
	var all []T
	for _, one := range list {
		all = append(all, T(one))
	}
	return all
}

// PersonPath is the path parameter of operations on one person.
type PersonPath struct {
	ID standin.PersonID `path:"id" maxLength:"200" doc:"The person's id."`
}
