package admin

import (
	"io"
	"strings"

	"github.com/standin-id/standin/world/table"
)

// exportPeople writes the people whom the filter leaves, in the form in which they can be sent again.
func (v *visit) exportPeople() error {
	if _, err := v.scope(); err != nil {
		return err
	}
	q := v.R.URL.Query()
	asked := &People{Find: strings.TrimSpace(q.Get("find")), Unit: q.Get("unit"), Role: q.Get("role"), State: q.Get("state")}
	return v.download("people", func(form table.Form, to io.Writer) error {
		out, err := table.NewWriter(form, to)
		if err != nil {
			return err
		}
		if err := out.Write([]string{"id", "name", "email", "unit", "manager", "time_zone", "language"}); err != nil {
			return err
		}
		for after := ""; ; {
			people, next, err := v.Directory.People(v.R.Context(), v.Caller, asked.filter(), 100, after)
			if err != nil {
				return err
			}
			for _, p := range people {
				if err := out.Write([]string{string(p.ID), p.Name, p.Email, string(p.Unit), string(p.Manager), p.TimeZone, p.Language}); err != nil {
					return err
				}
			}
			if after = next; next == "" {
				return out.Close()
			}
		}
	})
}
