// Package imports_test measures how long lists of people and delegations take to come in, and shows that an import that is
// killed and sent again does nothing twice. It refuses to say what is quick enough: it reports beside it how long the
// same database takes for as many bare rows in the same run.
package imports_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/standin-id/standin"
)

const acme standin.OrganisationID = "acme"

var units = []standin.UnitID{"sales", "sales/emea", "sales/apac", "finance", "finance/pay", "works"}

// people writes a list of n people, each below somebody who comes before them, but for the first.
func people(t testing.TB, n int) string {
	return file(t, "people.csv", func(w *bufio.Writer) {
		fmt.Fprintln(w, "Name;E-Mail;Abteilung;Vorgesetzte;Rollen;Zeitzone;Sprache")
		for i := range n {
			manager := ""
			if i > 0 {
				manager = email(i / 8)
			}
			fmt.Fprintf(w, "Zoë %c. Müller-%d;%s;%s;%s;staff;Europe/Berlin;de\n", 'A'+i%26, i, email(i), units[i%len(units)], manager)
		}
	})
}

// delegations writes a list of m delegations among n people, each pair at most once.
func delegations(t testing.TB, n, m int) string {
	return file(t, "delegations.csv", func(w *bufio.Writer) {
		fmt.Fprintln(w, "actor,principal,kind,start,end,purpose,read_only")
		from := time.Now()
		for i := range m {
			principal, step := i%n, 1+i/n
			start := from.AddDate(0, 0, i%20-10)
			fmt.Fprintf(w, "%s,%s,%s,%s,%s,leave %d,%s\n", email((principal+step)%n), email(principal), []string{"cover", "cover", "standby"}[i%3],
				start.Format(time.DateOnly), start.AddDate(0, 0, 30).Format("02.01.2006"), i, []string{"", "yes"}[i/7%2])
		}
	})
}

func email(i int) string { return fmt.Sprintf("p%05d@acme.example", i) }

func file(t testing.TB, name string, write func(w *bufio.Writer)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(to)
	write(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
