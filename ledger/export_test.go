package ledger

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

func exports(t testing.TB, d *db.DB, key Key, s Selection) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Export(t.Context(), d, key.Verifier(), s, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verifiedExport(t testing.TB, export []byte, key Key, known ...string) Report {
	t.Helper()
	report, err := VerifyExport(t.Context(), bytes.NewReader(export), key.Verifier(), known)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestExport(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, key := grown(t, d)
		for name, c := range map[string]struct {
			selection Selection
			want      []string // organisation size/checkpoints/waiting
			records   int
		}{
			"all":  {Selection{}, []string{"acme 30/5/3", "other 10/5/0", "standin 1/1/0"}, 44},
			"one":  {Selection{Organisations: []standin.OrganisationID{"other"}}, []string{"other 10/5/0"}, 10},
			"none": {Selection{Organisations: []standin.OrganisationID{"empty"}}, []string{"empty 0/0/0"}, 0},
			"part": {Selection{Organisations: []standin.OrganisationID{"acme", "other"}, From: noon.Add(11 * time.Second), Until: noon.Add(101 * time.Second)},
				[]string{"acme 30/1/1", "other 10/1/0"}, 26 + 1 + 7 - 2 + 1},
		} {
			export := exports(t, d, key, c.selection)
			report := verifiedExport(t, export, key)
			if len(report.Problems) > 0 {
				t.Errorf("%s: got problems %v, want none", name, report.Problems)
			}
			var got []string
			for _, tree := range report.Trees {
				got = append(got, fmt.Sprintf("%s %d/%d/%d", tree.Organisation, tree.Size, tree.Checkpoints, tree.Waiting))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %q, want %q", name, got, c.want)
			}
			if got := bytes.Count(export, []byte(`{"record":`)); name != "part" && got != c.records {
				t.Errorf("%s: got %d records, want %d", name, got, c.records)
			}
		}
	})
}

// TestThreat76ExportEdits alters every byte of an export, and leaves out, doubles and swaps every line.
func TestThreat76ExportEdits(t *testing.T) {
	d := openSQLite(t)
	_, key := grown(t, d)
	for name, selection := range map[string]Selection{"whole": {}, "part": {From: noon.Add(11 * time.Second)}} {
		export := exports(t, d, key, selection)
		expectFound := func(what string, edited []byte) {
			t.Helper()
			report, err := VerifyExport(context.Background(), bytes.NewReader(edited), key.Verifier(), nil)
			if err == nil && len(report.Problems) == 0 && !bytes.Equal(edited, export) {
				t.Errorf("%s: not found: %s", name, what)
			}
		}
		for i := 0; i < len(export); i += 1 + len(export)/4000 {
			edited := bytes.Clone(export)
			edited[i] ^= byte(1 << (i % 7))
			from := max(0, i-40)
			expectFound(fmt.Sprintf("byte %d in %q", i, edited[from:min(len(edited), i+20)]), edited)
		}
		lines := slices.Collect(strings.Lines(string(export)))
		join := func(parts ...[]string) []byte { return []byte(strings.Join(slices.Concat(parts...), "")) }
		for i := range lines {
			expectFound(fmt.Sprintf("line %d doubled", i), join(lines[:i], lines[i:i+1], lines[i:]))
			if name == "whole" {
				expectFound(fmt.Sprintf("line %d removed", i), join(lines[:i], lines[i+1:]))
			}
			if i > 0 {
				expectFound(fmt.Sprintf("line %d swapped: %.300s and %.300s", i, lines[i-1], lines[i]), join(lines[:i-1], []string{lines[i], lines[i-1]}, lines[i+1:]))
			}
			expectFound(fmt.Sprintf("broken off before line %d", i), join(lines[:i]))
		}
	}
}

// exampleKey signed the exports in testdata.
const exampleKey = "PRIVATE+KEY+test.example+40417c5d+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"

var update = flag.Bool("update", false, "write the exports in testdata anew")

// TestExportsOfVersion1StayReadable verifies exports that were written once and are kept by many.
func TestExportsOfVersion1StayReadable(t *testing.T) {
	key, err := ParseKey(exampleKey)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		d := openSQLite(t)
		l := New(d, ticking())
		for i := range 3 {
			add(t, l, samples("acme", 10*i, 2+i)...)
			flush(t, l, key)
		}
		add(t, l, samples("acme", 100, 2)...)
		for name, selection := range map[string]Selection{"whole": {}, "part": {From: noon.Add(11 * time.Second)}} {
			if err := os.WriteFile("testdata/"+name+".jsonl", exports(t, d, key, selection), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"whole", "part"} {
		report := verifiedExport(t, example(t, name), key)
		if len(report.Problems) > 0 || len(report.Trees) != 1 || report.Trees[0].Size != 9 || report.Trees[0].Waiting != 2 {
			t.Errorf("%s: got %+v, want one tree of 9 records, 2 waiting, no problem", name, report)
		}
	}
}

func example(t testing.TB, name string) []byte {
	t.Helper()
	export, err := os.ReadFile("testdata/" + name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return export
}

func FuzzVerifyExport(f *testing.F) {
	key, err := ParseKey(exampleKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example(f, "whole"))
	f.Add(example(f, "part"))
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"standin_export":{"version":1,"key":"","whole":true}}` + "\n"))
	real := map[string]bool{}
	for line := range strings.Lines(string(example(f, "whole"))) {
		real[line] = true
	}
	f.Fuzz(func(t *testing.T, export []byte) {
		report, err := VerifyExport(context.Background(), bytes.NewReader(export), key.Verifier(), nil)
		if err != nil || len(report.Problems) > 0 || !bytes.Contains(export, []byte(`"whole":true`)) {
			return
		}
		for line := range strings.Lines(string(export)) {
			if strings.HasPrefix(line, `{"record":`) && !strings.Contains(line, `"sequence":-1,`) && !real[line] {
				t.Errorf("accepted a record that was never written: %s", line)
			}
		}
	})
}

func openSQLite(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), t.TempDir()+"/standin.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}
