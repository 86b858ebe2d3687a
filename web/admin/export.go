package admin

import (
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/standin-id/standin/directory"
)

// exportPeople writes the people whom the filter leaves as CSV. A cell that a spreadsheet would run begins with an
// apostrophe.
func (v *visit) exportPeople() error {
	if _, err := v.scope(); err != nil {
		return err
	}
	q := v.R.URL.Query()
	asked := &People{Find: strings.TrimSpace(q.Get("find")), Unit: q.Get("unit"), Role: q.Get("role"), State: q.Get("state")}
	var out *csv.Writer
	for after := ""; ; {
		people, next, err := v.Directory.People(v.R.Context(), v.Caller, asked.filter(), 100, after)
		if err != nil && out != nil {
			v.Log.WarnContext(v.R.Context(), "export broken off", "error", err)
			panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
		}
		if err != nil {
			return err
		}
		if out == nil {
			v.W.Header().Set("Content-Type", "text/csv; charset=utf-8")
			v.W.Header().Set("Content-Disposition", `attachment; filename="people.csv"`)
			out = csv.NewWriter(v.W)
			_ = out.Write([]string{"id", "name", "email", "unit", "manager", "time_zone", "language"}) // Flush tells
		}
		for _, p := range people {
			_ = out.Write(cells(p))
		}
		if out.Flush(); out.Error() != nil {
			return nil // the browser went away
		}
		if after = next; next == "" {
			return nil
		}
	}
}

func cells(p directory.Person) []string {
	row := []string{string(p.ID), p.Name, p.Email, string(p.Unit), string(p.Manager), p.TimeZone, p.Language}
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return row
}
