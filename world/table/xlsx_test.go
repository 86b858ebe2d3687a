package table

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// workbook returns a workbook as spreadsheets write it, edited by do.
func workbook(t testing.TB, do func(book *excelize.File)) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	do(book)
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, book *excelize.File, sheet string, cells map[string]any) {
	t.Helper()
	for at, value := range cells {
		if err := book.SetCellValue(sheet, at, value); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWorkbookIsReadAsItIsShown(t *testing.T) {
	data := workbook(t, func(book *excelize.File) {
		set(t, book, "Sheet1", map[string]any{"A1": "hidden"})
		if _, err := book.NewSheet("People"); err != nil {
			t.Fatal(err)
		}
		book.SetActiveSheet(1)
		if err := book.SetSheetVisible("Sheet1", false); err != nil {
			t.Fatal(err)
		}
		set(t, book, "People", map[string]any{"A2": "Name", "B2": "Start", "C2": "Read only", "A4": "Zoë", "B4": time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), "C4": true,
			"A5": "007", "B5": 46356.5, "A6": 12})
		if err := book.SetCellFormula("People", "C5", "=1+1"); err != nil {
			t.Fatal(err)
		}
	})
	want := &Table{Name: "list", Form: XLSX, Head: []string{"Name", "Start", "Read only"}, Rows: []Row{
		{4, []string{"Zoë", "46356", "1"}}, {5, []string{"007", "46356.5", ""}}, {6, []string{"12", "", ""}}}}
	if diff := cmp.Diff(want, read(t, data)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// with returns the workbook with the part of that name replaced.
func with(t testing.TB, data []byte, name, content string) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	to := zip.NewWriter(&b)
	for _, part := range from.File {
		if part.Name == name {
			continue
		}
		if err := to.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	w, err := to.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileWorkbooks(t *testing.T) {
	fine := workbook(t, func(book *excelize.File) { set(t, book, "Sheet1", map[string]any{"A1": "name", "A2": "x"}) })
	const sheet = "xl/worksheets/sheet1.xml"
	rows := func(inner string) string {
		return `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + inner + `</sheetData></worksheet>`
	}
	cell := func(at, value string) string {
		return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, at, value)
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut off", fine[:len(fine)/2], "table.broken"},
		{"a bomb", with(t, fine, "xl/media/bomb.xml", strings.Repeat("\x00", mostUnpacked+1)), "table.bomb"},
		{"rows far away", with(t, fine, sheet, rows(`<row r="1">`+cell("A1", "name")+`</row><row r="1048576">`+cell("A1048576", "x")+`</row>`)), ""},
		{"a column far away", with(t, fine, sheet, rows(`<row r="1">`+cell("XFD1", "name")+`</row>`)), "table.too_many_columns"},
		{"no such column", with(t, fine, sheet, rows(`<row r="1">`+cell("ZZZZZZ1", "name")+`</row>`)), "table.broken"},
		{"entities", with(t, fine, sheet, `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>`+rows(`<row r="1">`+cell("A1", "&b;")+`</row>`)), "table.empty"},
		{"no sheet", with(t, fine, "xl/workbook.xml", `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets></sheets></workbook>`), "table.broken"},
		{"a string that there is not", with(t, fine, sheet, rows(`<row r="1"><c r="A1" t="s"><v>99999</v></c></row>`)), "table.empty"},
		{"a long cell", with(t, fine, sheet, rows(`<row r="1">`+cell("A1", strings.Repeat("x", MostCell+1))+`</row>`)), "table.long_cell"},
	} {
		if got := code(t, c.data); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
