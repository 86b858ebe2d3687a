// Package people measures how long it takes to find a colleague by typing among 10,000. It refuses to say whether that
// is quick enough: it reports each search beside the reading of one person by their id, in the same run.
package people

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

const acme standin.OrganisationID = "acme"

// crowd is how many people the organisation has.
const crowd = 10_000

var (
	first = []string{"Adèle", "Bilal", "Chiara", "Dmitri", "Ewa", "Fatih", "Grzegorz", "Hannah", "Ingrid", "José", "Karin", "Lütfiye", "Mehmet", "Núria",
		"Oksana", "Pierre", "Quentin", "Ruth", "Søren", "Tomáš", "Ulrike", "Václav", "Wolfgang", "Xenia", "Yusuf", "Zoë", "דוד", "李娜", "Αλέξης", "Анна"}
	middle = []string{"am", "bo", "ce", "da", "el", "fa", "go", "hu", "is", "ju", "ka", "lo", "me", "no", "ot", "pe", "ra", "si", "ta", "ul"}
	last   = []string{"mann", "berg", "son", "ski", "ová", "ez", "opoulos", "ić", "stein", "dottir", "oğlu", "enko", "aerts", "ini", "eira", "quist"}
)

// name gives person i a name that some share.
func name(i int) string {
	a, b, c := i%len(first), i/7%len(middle), i/3%len(last)
	return first[a] + " " + string(rune('A'+i%26)) + middle[b] + middle[(b+i/140)%len(middle)] + last[c]
}

// BenchmarkSearch looks for people by what somebody would type, and by nothing. Beside the time of one search it reports
// the median search as a multiple of the median reading by id ("keys"), and the slowest of a hundredth ("ms-p99").
func BenchmarkSearch(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { search(b, filepath.Join(b.TempDir(), "standin.db")) })
	b.Run("postgres", func(b *testing.B) { search(b, dbtest.PostgresSchema(b)) })
}

func search(b *testing.B, source string) {
	d, err := db.Open(b.Context(), source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	dir := directory.New(d, ledger.New(d, time.Now), time.Now)
	fill(b, d, dir)
	who := standin.Caller{Organisation: acme, Actor: "person:n00000", Principal: "n00000"}
	for _, c := range []struct{ about, query string }{{"everybody", ""}, {"one-letter", "w"}, {"first-name", "wolfgang"}, {"two-words", "wolf vame"},
		{"address", "n04711@"}, {"nobody", "nobody at all"}} {
		b.Run(c.about, func(b *testing.B) {
			var searches, keys []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, _, err := dir.SearchPeople(b.Context(), who, c.query, []standin.PersonID{"n00000"}, 20, ""); err != nil {
					b.Fatal(err)
				}
				found := time.Now()
				if err := d.View(b.Context(), func(ctx context.Context, tx *db.Tx) error {
					_, err := dir.Person(ctx, tx, acme, "n04711")
					return err
				}); err != nil {
					b.Fatal(err)
				}
				searches, keys = append(searches, found.Sub(began)), append(keys, time.Since(found))
			}
			slices.Sort(searches)
			slices.Sort(keys)
			median := searches[len(searches)/2]
			b.ReportMetric(0, "ns/op") // holds the reading by id, too
			b.ReportMetric(float64(median)/float64(time.Millisecond), "ms/search")
			b.ReportMetric(float64(searches[len(searches)*99/100])/float64(time.Millisecond), "ms-p99")
			b.ReportMetric(float64(median)/float64(keys[len(keys)/2]), "keys")
		})
	}
}

// fill founds the organisation and its people.
func fill(b *testing.B, d *db.DB, dir *directory.Directory) {
	b.Helper()
	op := standin.OperatorCaller(acme, "bench")
	if _, err := dir.PutOrganisation(b.Context(), op, directory.Organisation{Name: "Acme", Settings: directory.DefaultSettings()}); err != nil {
		b.Fatal(err)
	}
	for from := 0; from < crowd; from += 500 {
		if err := d.Update(b.Context(), func(ctx context.Context, tx *db.Tx) error {
			for i := from; i < from+500; i++ {
				p := directory.Person{ID: standin.PersonID(fmt.Sprintf("n%05d", i)), Name: name(i), Email: fmt.Sprintf("n%05d@acme.example", i)}
				if _, _, err := dir.PutPersonIn(ctx, tx, op, p); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
