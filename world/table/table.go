// Package table owns lists as files hold them, CSV and XLSX: it reads one into rows of cells with their lines, finds its
// columns by their headings, and writes rows so that no spreadsheet runs what is in a cell.
//
// It refuses files that are too large, cut off, malformed or in an encoding that cannot be told for certain, always with
// what to do instead; a file of any size takes bounded memory. It does not know what the cells mean.
package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"

	"github.com/standin-id/standin"
)

// Bounds of what is read.
const (
	MostBytes   = 32 << 20 // of a file
	MostRows    = 100_000
	MostColumns = 200
	MostCell    = 10_000 // bytes of one cell
)

// Form is how a list is written.
type Form string

const (
	CSV  Form = "csv"
	XLSX Form = "xlsx"
)

// FormOf returns the form that the name of a file ends with, CSV where it does not tell.
func FormOf(name string) Form {
	if strings.EqualFold(path.Ext(name), ".xlsx") {
		return XLSX
	}
	return CSV
}

// Table is a list that was read. Every row has as many cells as there are headings, or Short or Long says that it has not.
type Table struct {
	Name string // of the file, fit to be shown
	Form Form
	Head []string
	Rows []Row
	// Epoch1904 says that day numbers count from 1904, as some spreadsheets do.
	Epoch1904 bool
}

// Row is a row that has at least one cell with something in it.
type Row struct {
	Line  int // in the file, counted from 1
	Cells []string
}

const op = "table.read"

// Read reads a list of either form, whatever its name ends with. It reads at most MostBytes; a refusal is Invalid and
// says what to do.
func Read(name string, from io.Reader) (*Table, error) {
	data, err := io.ReadAll(io.LimitReader(from, MostBytes+1))
	if err != nil {
		return nil, err
	}
	t := &Table{Name: shown(name), Form: CSV}
	switch {
	case len(data) > MostBytes:
		return nil, tooLarge()
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		t.Form = XLSX
		err = t.readXLSX(data)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")):
		err = standin.Refuse(standin.Invalid, op, "table.old_excel",
			"This is an old or a protected Excel file. Save it as XLSX without a password, or as CSV UTF-8.")
	default:
		err = t.readCSV(data)
	}
	if err != nil {
		return nil, err
	}
	if len(t.Head) == 0 {
		return nil, standin.Refuse(standin.Invalid, op, "table.empty", "This file is empty. Its first row names the columns.")
	}
	return t, nil
}

func tooLarge() error {
	return standin.Refuse(standin.Invalid, op, "table.too_large", "This file is larger than {most} MB. Split it into several and send one after the other.").
		With("most", MostBytes>>20)
}

// add takes the next row of the file; the first one with something in it is the head.
func (t *Table) add(line int, cells []string) error {
	if !filled(cells) {
		return nil
	}
	if t.Head == nil {
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1] // columns that a spreadsheet adds at the end
		}
		if len(cells) > MostColumns {
			return standin.Refuse(standin.Invalid, op, "table.too_many_columns", "This file has {columns} columns; at most {most} are read.").
				With("columns", len(cells)).With("most", MostColumns)
		}
		t.Head = cells
	} else {
		for len(cells) > len(t.Head) && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(t.Rows) == MostRows {
			return standin.Refuse(standin.Invalid, op, "table.too_many_rows", "This file has more than {most} rows. Split it into several and send one after the other.").
				With("most", MostRows)
		}
		t.Rows = append(t.Rows, Row{Line: line, Cells: cells[:min(len(cells), len(t.Head)+1)]})
	}
	for i, cell := range cells {
		if len(cell) > MostCell {
			return standin.Refuse(standin.Invalid, op, "table.long_cell", "Line {line}, column {column} holds more than {most} characters. Is a quotation mark missing?").
				With("line", line).With("column", i+1).With("most", MostCell)
		}
		cells[i] = unguard(cell)
	}
	return nil
}

func filled(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return true
		}
	}
	return false
}

// Whole refuses a row that has not as many cells as there are columns.
func (t *Table) Whole(r Row) error {
	switch {
	case len(r.Cells) < len(t.Head):
		return standin.Refuse(standin.Invalid, op, "table.short_row", "This row has {cells} of {columns} columns. Was it cut off?").
			With("cells", len(r.Cells)).With("columns", len(t.Head))
	case len(r.Cells) > len(t.Head):
		return standin.Refuse(standin.Invalid, op, "table.long_row", "This row has more than the {columns} columns of the first. Put text that holds the separator in quotation marks.").
			With("columns", len(t.Head))
	}
	return nil
}

// shown returns the last part of a file's name, so that it can be shown and recorded.
func shown(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 80 {
		name = string(runes[:80]) + "…"
	}
	return name
}

// Writer writes a list, row by row. What is not closed is not whole.
type Writer interface {
	// Write writes the next row; the first one is the head.
	Write(cells []string) error
	// Close writes what is left.
	Close() error
}

// NewWriter returns what writes a list in the form. Cells that a spreadsheet could run are guarded: it shows them, and
// Read returns what was written.
func NewWriter(form Form, to io.Writer) (Writer, error) {
	switch form {
	case CSV:
		return newCSV(to)
	case XLSX:
		return newXLSX(to)
	}
	return nil, standin.Refuse(standin.Invalid, "table.write", "table.form", "A list is written as csv or as xlsx.").On("form")
}

// guard returns the cell with an apostrophe before what a spreadsheet could take for a formula, and before an apostrophe
// that unguard would take away.
func guard(cell string) string {
	if runs(cell) || strings.HasPrefix(cell, "'") && guarded(cell) {
		return "'" + cell
	}
	return cell
}

// unguard returns the cell that guard was given.
func unguard(cell string) string {
	if guarded(cell) {
		return cell[1:]
	}
	return cell
}

// guarded reports whether the cell begins as guard writes them. Text such as "'s-Gravenhage" does not.
func guarded(cell string) bool {
	rest, ok := strings.CutPrefix(cell, "'")
	return ok && (runs(rest) || strings.HasPrefix(rest, "'") && guarded(rest))
}

// runs reports whether a spreadsheet might run the cell: some pass over spaces, and some take wide signs for narrow ones.
func runs(cell string) bool {
	if cell != "" && strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return true
	}
	cell = strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\uFEFF' })
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "−"} {
		if strings.HasPrefix(cell, sign) {
			return true
		}
	}
	return false
}

// wrong returns a refusal for a file that its format's reader does not understand.
func wrong(err error) error {
	if refusal, ok := errors.AsType[*standin.Error](err); ok {
		return refusal
	}
	return standin.Refuse(standin.Invalid, op, "table.broken", "This file is damaged or incomplete. Save it again, or as CSV UTF-8.").
		Because(fmt.Errorf("reading the workbook: %w", err))
}
