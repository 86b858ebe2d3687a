package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"github.com/standin-id/standin"
)

const mark = "\uFEFF"

// readCSV reads values separated by commas, semicolons or tabs.
func (t *Table) readCSV(data []byte) error {
	data, err := decode(data)
	if err != nil {
		return err
	}
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // lines as they once ended
	}
	comma, told := separator(data)
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comma, reader.FieldsPerRecord = comma, -1
	for first := true; ; first = false {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return malformed(err)
		}
		if first && told {
			continue
		}
		line, _ := reader.FieldPos(0)
		if err := t.add(line, cells); err != nil {
			return err
		}
	}
	if last := len(t.Rows) - 1; last >= 0 && len(t.Rows[last].Cells) < len(t.Head) && !bytes.HasSuffix(data, []byte("\n")) {
		return standin.Refuse(standin.Invalid, op, "table.cut_off", "The file ends in the middle of line {line}. Send the whole file again.").
			With("line", t.Rows[last].Line)
	}
	return nil
}

// decode returns the text as UTF-8 without a mark. It refuses what is certainly not UTF-8 or UTF-16 with a mark: which of
// a hundred older encodings it is, nobody can tell, and a wrong guess turns names into others.
func decode(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		if len(data)%2 != 0 {
			return nil, unreadable()
		}
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return nil, unreadable()
		}
		data = text
	}
	data = bytes.TrimPrefix(data, []byte(mark))
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return nil, standin.Refuse(standin.Invalid, op, "table.nul", "Line {line} holds characters that no text has. Save the file as CSV UTF-8 or as XLSX.").
			With("line", 1+bytes.Count(data[:at], []byte("\n")))
	}
	if !utf8.Valid(data) {
		return nil, unreadable()
	}
	return data, nil
}

func unreadable() error {
	return standin.Refuse(standin.Invalid, op, "table.encoding",
		"The letters of this file cannot be told for certain; it may be in Windows-1252. Save it in Excel as \"CSV UTF-8\" or as XLSX, or elsewhere with the encoding UTF-8.")
}

// separator returns what separates the values: what the first line says with "sep=", or else what it has most of outside
// of quotation marks. told reports that the line says it and has nothing else.
func separator(data []byte) (comma rune, told bool) {
	line := data
	if at := bytes.IndexByte(data, '\n'); at >= 0 {
		line = data[:at]
	}
	if said, ok := strings.CutPrefix(strings.ToLower(strings.Trim(string(line[:min(len(line), 10)]), "\"\r\n ")), "sep="); ok {
		for _, r := range ",;\t" {
			if said == string(r) {
				return r, true
			}
		}
	}
	counts, quoted := map[rune]int{}, false
	for _, r := range string(line) {
		if r == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[r]++
		}
	}
	comma = ','
	for _, r := range ";\t" {
		if counts[r] > counts[comma] {
			comma = r
		}
	}
	return comma, false
}

func malformed(err error) error {
	parse, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return err
	}
	return standin.Refuse(standin.Invalid, op, "table.quotes",
		"From line {line} on, quotation marks do not match: one is missing, stands in the middle of a value, or the file was cut off. Inside of a value they are written twice.").
		With("line", parse.StartLine).Because(err)
}

// csvWriter writes UTF-8 with a mark, by which spreadsheets know it.
type csvWriter struct{ to *csv.Writer }

func newCSV(to io.Writer) (*csvWriter, error) {
	_, err := io.WriteString(to, mark)
	w := csv.NewWriter(to)
	w.UseCRLF = false
	return &csvWriter{w}, err
}

func (w *csvWriter) Write(cells []string) error {
	out := make([]string, len(cells))
	for i, cell := range cells {
		out[i] = guard(cell)
	}
	return w.to.Write(out)
}

func (w *csvWriter) Close() error {
	w.to.Flush()
	return w.to.Error()
}
