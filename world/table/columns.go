package table

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/standin-id/standin"
)

// Column is something that a list can have a column for.
type Column struct {
	Name     string   // as it is written
	Also     []string // other headings for it
	Required bool
}

// Columns says which column of a table is which.
type Columns struct {
	at map[string]int
	// Ignored are headings that are no column's.
	Ignored []string
}

// Match finds the columns by their headings, whatever their order and letter case. A heading that it does not know is
// refused with what it may have been meant for, or ignored where ignore says so.
func (t *Table) Match(columns []Column, ignore bool) (*Columns, error) {
	found := &Columns{at: map[string]int{}}
	for i, heading := range t.Head {
		heading = strings.TrimSpace(heading)
		c := slices.IndexFunc(columns, func(c Column) bool { return c.Called(heading) })
		switch {
		case c < 0 && ignore:
			found.Ignored = append(found.Ignored, brief(heading))
		case c < 0 && heading == "":
			return nil, standin.Refuse(standin.Invalid, op, "table.no_heading", "Column {column} has no heading. The first row names every column.").With("column", i+1)
		case c < 0:
			return nil, unknownColumn(heading, columns)
		default:
			if _, twice := found.at[columns[c].Name]; twice {
				return nil, standin.Refuse(standin.Invalid, op, "table.column_twice", "There are two columns for {column}. Remove one of them.").With("column", columns[c].Name)
			}
			found.at[columns[c].Name] = i
		}
	}
	for _, c := range columns {
		if _, there := found.at[c.Name]; c.Required && !there {
			return nil, standin.Refuse(standin.Invalid, op, "table.column_missing", "There is no column {column}. There are: {columns}.").
				With("column", c.Name).With("columns", brief(strings.Join(t.Head, ", ")))
		}
	}
	return found, nil
}

// Has reports whether there is such a column.
func (c *Columns) Has(name string) bool {
	_, there := c.at[name]
	return there
}

// Of returns the row's cell of the column without spaces around it, "" where there is none.
func (c *Columns) Of(r Row, name string) string {
	at, there := c.at[name]
	if !there || at >= len(r.Cells) {
		return ""
	}
	return norm.NFC.String(strings.TrimSpace(r.Cells[at]))
}

// Called reports whether the heading is one of the column's.
func (c Column) Called(heading string) bool {
	asked := bare(heading)
	return asked != "" && (asked == bare(c.Name) || slices.ContainsFunc(c.Also, func(name string) bool { return asked == bare(name) }))
}

// bare returns the letters and digits of a heading in one case.
func bare(heading string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, cases.Fold().String(norm.NFC.String(heading)))
}

func unknownColumn(heading string, columns []Column) error {
	best, nearest := "", 3
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
		for _, name := range append([]string{c.Name}, c.Also...) {
			if d := distance(bare(brief(heading)), bare(name)); d < nearest && d < len(name)/2+1 {
				best, nearest = c.Name, d
			}
		}
	}
	if best != "" {
		return standin.Refuse(standin.Invalid, op, "table.column_like", "There is no column \"{heading}\". Is {column} meant?").
			With("heading", brief(heading)).With("column", best).On("columns")
	}
	return standin.Refuse(standin.Invalid, op, "table.column_unknown", "There is no column \"{heading}\". There are: {columns}. It can be ignored if you say so.").
		With("heading", brief(heading)).With("columns", strings.Join(names, ", ")).On("columns")
}

// distance returns how many letters must be put in, taken out or exchanged to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		above := row[0]
		row[0] = i + 1
		for j := range y {
			same := above
			if x[i] != y[j] {
				same++
			}
			above = row[j+1]
			row[j+1] = min(same, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(y)]
}

// brief shortens what a file says, so that a refusal stays readable.
func brief(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}
