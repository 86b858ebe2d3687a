package table

import (
	"archive/zip"
	"bytes"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/standin-id/standin"
)

const (
	mostUnpacked = 256 << 20 // bytes of a workbook
	mostInMemory = 16 << 20  // bytes of one of its parts; what is larger is unpacked to the disk for a while
	mostParts    = 2_000
	mostBlank    = 10_000 // rows in a row without anything in them
)

// readXLSX reads the first sheet that is shown of a workbook. Cells have their bare values: dates are numbers of days.
func (t *Table) readXLSX(data []byte) (err error) {
	if err := packed(data); err != nil {
		return err
	}
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: mostInMemory})
	if err != nil {
		return wrong(err)
	}
	defer book.Close() // only takes away what was unpacked
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		t.Epoch1904 = *props.Date1904
	}
	rows, err := book.Rows(sheet(book))
	if err != nil {
		return wrong(err)
	}
	defer rows.Close()
	blank := 0
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return wrong(err)
		}
		if !filled(cells) {
			if blank++; blank > mostBlank {
				break
			}
			continue
		}
		blank = 0
		for t.Head != nil && len(cells) < len(t.Head) {
			cells = append(cells, "") // a workbook leaves out empty cells at the end of a row
		}
		if err := t.add(line, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return wrong(err)
	}
	return nil
}

// packed refuses workbooks that would take more than they seem when they are unpacked. What their directory says holds,
// for archive/zip refuses parts that turn out larger.
func packed(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return wrong(err)
	}
	total := uint64(0)
	for _, part := range archive.File {
		if part.UncompressedSize64 > mostUnpacked {
			return bomb()
		}
		total += part.UncompressedSize64
	}
	if total > mostUnpacked || len(archive.File) > mostParts {
		return bomb()
	}
	return nil
}

func bomb() error {
	return standin.Refuse(standin.Invalid, op, "table.bomb",
		"Unpacked, this workbook is larger than {most} MB. Copy the list alone into a new one, or save it as CSV UTF-8.").With("most", mostUnpacked>>20)
}

// sheet returns the name of the first sheet that is shown.
func sheet(book *excelize.File) string {
	all := book.GetSheetList()
	for _, name := range all {
		if shown, err := book.GetSheetVisible(name); err == nil && shown {
			return name
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// xlsxWriter writes every cell as text, which no spreadsheet runs; they are guarded all the same, for whoever saves the
// sheet as CSV.
type xlsxWriter struct {
	to   io.Writer
	book *excelize.File
	rows *excelize.StreamWriter
	next int
}

func newXLSX(to io.Writer) (*xlsxWriter, error) {
	book := excelize.NewFile()
	rows, err := book.NewStreamWriter(book.GetSheetName(0))
	return &xlsxWriter{to: to, book: book, rows: rows, next: 1}, err
}

func (w *xlsxWriter) Write(cells []string) error {
	out := make([]any, len(cells))
	for i, cell := range cells {
		out[i] = guard(cell)
	}
	at, err := excelize.CoordinatesToCellName(1, w.next)
	if err != nil {
		return err
	}
	w.next++
	return w.rows.SetRow(at, out)
}

func (w *xlsxWriter) Close() error {
	defer w.book.Close()
	if err := w.rows.Flush(); err != nil {
		return err
	}
	return w.book.Write(w.to)
}
