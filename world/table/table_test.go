package table

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/standin-id/standin"
)

func read(t testing.TB, data []byte) *Table {
	t.Helper()
	got, err := Read("list", bytes.NewReader(data))
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	return got
}

// code returns the code with which the file is refused, "" where it is read.
func code(t testing.TB, data []byte) string {
	t.Helper()
	_, err := Read("list", bytes.NewReader(data))
	if err != nil && standin.KindOf(err) != standin.Invalid {
		t.Errorf("a file is refused with %v", err)
	}
	return standin.CodeOf(err)
}

func encoded(t *testing.T, text string, order unicode.Endianness) []byte {
	t.Helper()
	data, err := unicode.UTF16(order, unicode.ExpectBOM).NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEncodingsAndSeparatorsOfOneList(t *testing.T) {
	const text = "name,email\nZoë \"Z\" Łącki,zoe@acme.example\n李娜,li@acme.example\n"
	quoted := strings.ReplaceAll(text, `Zoë "Z" Łącki`, `"Zoë ""Z"" Łącki"`)
	want := &Table{Name: "list", Form: CSV, Head: []string{"name", "email"}, Rows: []Row{
		{2, []string{`Zoë "Z" Łącki`, "zoe@acme.example"}}, {3, []string{"李娜", "li@acme.example"}}}}
	for name, data := range map[string][]byte{
		"UTF-8":                  []byte(quoted),
		"UTF-8 with mark":        []byte(mark + quoted),
		"UTF-16 little":          encoded(t, quoted, unicode.LittleEndian),
		"UTF-16 big":             encoded(t, quoted, unicode.BigEndian),
		"semicolons":             []byte(strings.ReplaceAll(quoted, ",", ";")),
		"tabs":                   []byte(strings.ReplaceAll(quoted, ",", "\t")),
		"lines of Windows":       []byte(strings.ReplaceAll(quoted, "\n", "\r\n")),
		"lines of old":           []byte(strings.ReplaceAll(quoted, "\n", "\r")),
		"no last end":            []byte(strings.TrimSuffix(quoted, "\n")),
		"columns of a sheet":     []byte(strings.ReplaceAll(quoted, "\n", ",,\n")),
		"blank lines at its end": []byte(quoted + ",\n , \n\n"),
	} {
		if diff := cmp.Diff(want, read(t, data)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	told := read(t, []byte("sep=;\r\na,b;c\r\n1;2\r\n"))
	if diff := cmp.Diff(&Table{Name: "list", Form: CSV, Head: []string{"a,b", "c"}, Rows: []Row{{3, []string{"1", "2"}}}}, told); diff != "" {
		t.Errorf("told separator (-want +got):\n%s", diff)
	}
}

func TestWhatNobodyCanReadIsRefusedWithAdvice(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().Bytes([]byte("name,email\nMüller,m@acme.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	utf16 := encoded(t, "name,email\nMüller,m@acme.example\n", unicode.LittleEndian)
	for _, c := range []struct{ name, data, want string }{
		{"Windows-1252", string(latin), "table.encoding"},
		{"UTF-16 without mark", string(utf16[2:]), "table.nul"},
		{"UTF-16 cut off", string(utf16[:len(utf16)-1]), "table.encoding"},
		{"NUL", "name,email\nA\x00,a@b.example\n", "table.nul"},
		{"nothing", "", "table.empty"},
		{"a mark alone", mark, "table.empty"},
		{"blank", "\n\n , ,\n", "table.empty"},
		{"a quote never closed", "name,email\n\"A,a@b.example\nB,b@b.example\n", "table.quotes"},
		{"a quote never closed, long", "name,email\n\"" + strings.Repeat("A,a@b.example\n", 2000), "table.quotes"},
		{"a quote in the middle", "name,email\nA\"B\",a@b.example\n", "table.quotes"},
		{"cut off", "name,email,unit\nA,a@b.example,sales\nB,b@b.ex", "table.cut_off"},
		{"cut off in a quote", "name,email,unit\nA,a@b.example,\"sal", "table.quotes"},
		{"a long cell", "name,email\n" + strings.Repeat("A", MostCell+1) + ",a\n", "table.long_cell"},
		{"columns", strings.Repeat("x,", MostColumns) + "x\n1\n", "table.too_many_columns"},
		{"rows", "x\n" + strings.Repeat("1\n", MostRows+1), "table.too_many_rows"},
		{"old Excel", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600), "table.old_excel"},
		{"no workbook", "PK\x03\x04 not really", "table.broken"},
	} {
		if got := code(t, []byte(c.data)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if got := len(read(t, []byte("x\n"+strings.Repeat("1\n", MostRows))).Rows); got != MostRows {
		t.Errorf("%d rows are read", got)
	}
}

// endless is a file that never ends.
type endless struct {
	head, line string
	read       int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	if e.read == 0 {
		n = copy(p, e.head)
	}
	for n < len(p) {
		n += copy(p[n:], e.line)
	}
	e.read += int64(n)
	return n, nil
}

// A file of any size is refused after its first 32 MB.
func TestAGigabyteIsRefusedEarly(t *testing.T) {
	for _, line := range []string{"A,a@b.example\n", "x,", "\"", "\x00"} {
		e := &endless{head: "name,email\n", line: line}
		_, err := Read("large.csv", io.LimitReader(e, 1<<30))
		if got := standin.CodeOf(err); got != "table.too_large" {
			t.Errorf("%q for ever: %v", line, err)
		}
		if e.read > 2*MostBytes {
			t.Errorf("%q for ever: %d MB were read", line, e.read>>20)
		}
	}
}

func TestAMillionColumns(t *testing.T) {
	if got := code(t, []byte(strings.Repeat("c,", 1_000_000)+"c\n"+strings.Repeat("1,", 1_000_000)+"1\n")); got != "table.too_many_columns" {
		t.Errorf("got %q", got)
	}
	wide := read(t, []byte("a,b\n1,2\n"+strings.Repeat("1,", 1_000_000)+"1\n3,4\n5\n"))
	var got []string
	for _, r := range wide.Rows {
		got = append(got, standin.CodeOf(wide.Whole(r)))
		if len(r.Cells) > 3 {
			t.Errorf("line %d keeps %d cells", r.Line, len(r.Cells))
		}
	}
	if diff := cmp.Diff([]string{"", "table.long_row", "", "table.short_row"}, got); diff != "" {
		t.Error(diff)
	}
}

var dangers = []string{"=1+1", "+49 30 1234", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\u00A0=1", "＝1", "'=1", "''", "'", "''=1", "'s-Gravenhage", "'+", "'-",
	"a;=1", "−1", "plain", "", "\u200B=1", "=HYPERLINK(\"http://x.example\",\"y\")"}

// What goes out begins no cell with what a spreadsheet runs, and comes in as it was.
func TestNoCellIsRunBySpreadsheets(t *testing.T) {
	for _, form := range []Form{CSV, XLSX} {
		var b bytes.Buffer
		w, err := NewWriter(form, &b)
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, []string{"before", "value"})
		for _, danger := range dangers {
			write(t, w, []string{"x", danger})
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := read(t, b.Bytes())
		if len(got.Rows) != len(dangers) {
			t.Fatalf("%s: %d rows come back", form, len(got.Rows))
		}
		for i, r := range got.Rows {
			want := dangers[i]
			if form == XLSX { // XML has one end of line
				want = strings.ReplaceAll(want, "\r", "\n")
			}
			if len(r.Cells) < 2 || strings.ReplaceAll(r.Cells[1], "\r", "\n") != strings.ReplaceAll(want, "\r", "\n") {
				t.Errorf("%s: %q comes back as %q", form, want, r.Cells)
			}
		}
	}
	for _, danger := range dangers {
		if out := guard(danger); runs(out) {
			t.Errorf("%q goes out as %q", danger, out)
		}
	}
}

func write(t testing.TB, w Writer, cells []string) {
	t.Helper()
	if err := w.Write(cells); err != nil {
		t.Fatal(err)
	}
}

func FuzzGuard(f *testing.F) {
	for _, danger := range dangers {
		f.Add(danger)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		out := guard(cell)
		if back := unguard(out); back != cell {
			t.Errorf("%q goes out as %q and comes back as %q", cell, out, back)
		}
		if runs(out) {
			t.Errorf("%q goes out as %q", cell, out)
		}
	})
}

// FuzzRead: whatever a file holds, it is read within its bounds or refused as Invalid.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a;b\n\"1;2\n", mark + "a\tb", "sep=;\n", "PK\x03\x04", "\xFF\xFEa\x00", "\xD0\xCF\x11\xE0", "\"\n\",\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read("x", bytes.NewReader(data))
		if err != nil {
			if standin.KindOf(err) != standin.Invalid {
				t.Errorf("refused with %v", err)
			}
			return
		}
		for _, r := range got.Rows {
			if len(r.Cells) > len(got.Head)+1 || r.Line < 1 {
				t.Errorf("%d columns, row %+v", len(got.Head), r)
			}
		}
		_, _ = got.Match([]Column{{Name: "a", Required: true}}, true)
	})
}

func TestColumnsAreFoundByTheirHeadings(t *testing.T) {
	columns := []Column{{Name: "email", Required: true, Also: []string{"e-mail-adresse"}}, {Name: "time_zone", Also: []string{"Zeitzone"}}, {Name: "language"}}
	for _, c := range []struct{ head, want string }{
		{"E-Mail,Time Zone,LANGUAGE", ""},
		{" e_mail_adresse ,ZEITZONE", ""},
		{"email,timezone", ""},
		{"email,langauge", "table.column_like"},
		{"e-mial", "table.column_like"},
		{"email,shoe size", "table.column_unknown"},
		{"language", "table.column_missing"},
		{"email,E-Mail", "table.column_twice"},
		{"email,,language", "table.no_heading"},
		{"email," + strings.Repeat("x", 9000), "table.column_unknown"},
	} {
		if _, err := read(t, []byte(c.head+"\n")).Match(columns, false); standin.CodeOf(err) != c.want {
			t.Errorf("%.60s: got %v, want %q", c.head, err, c.want)
		}
	}
	all := read(t, []byte("shoe size,Email,,Sprache\n41, e\u0301@x.example ,?,de\n"))
	found, err := all.Match(columns, true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"shoe size", "", "Sprache"}, found.Ignored); diff != "" {
		t.Error(diff)
	}
	if got := found.Of(all.Rows[0], "email"); got != "é@x.example" || found.Has("language") || found.Of(all.Rows[0], "language") != "" {
		t.Errorf("got %q", got)
	}
	if _, err := read(t, []byte("langauge,email\n")).Match(columns, false); !strings.Contains(err.Error(), "Is language meant?") {
		t.Errorf("got %v", err)
	}
}

func TestNamesOfFilesAreFitToBeShown(t *testing.T) {
	for name, want := range map[string]string{"../../etc/passwd": "passwd", `C:\Users\me\people.csv`: "people.csv", "a\x00b\u202Ec.csv": "abc.csv",
		strings.Repeat("ü", 200): strings.Repeat("ü", 80) + "…"} {
		if got := shown(name); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
	if FormOf("a/b.XLSX") != XLSX || FormOf("people") != CSV {
		t.Error("forms are told wrongly")
	}
}
