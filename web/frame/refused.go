package frame

import (
	"errors"
	"maps"
	"net/http"

	"github.com/standin-id/standin"
)

// Fail is Site.Fail, with the permissions that the error names said in words.
func (v *Visit) Fail(w http.ResponseWriter, r *http.Request, b Base, err error) {
	v.Site.Fail(w, r, b, v.inWords(err))
}

// inWords returns the error with its permission as people read it: "Workdesk: Expense, approve" for
// "desk:expense.approve". Errors that name none are returned as they are.
func (v *Visit) inWords(err error) error {
	e, known := errors.AsType[*standin.Error](err)
	if !known || e.Args["permission"] == "" {
		return err
	}
	said := *e
	said.Args = maps.Clone(e.Args)
	said.Args["permission"] = v.Permission(e.Args["permission"])
	return &said
}
