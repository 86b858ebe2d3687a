package token_test

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// lines is how many applications ask at once.
const lines = 32

// benched is a house on SQLite with so many sign-ins of ann's to desk, acting for hal.
func benched(b *testing.B) (*porch, []held) {
	d, err := db.Open(context.Background(), filepath.Join(b.TempDir(), "standin.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	if _, _, err := d.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	w := furnish(b, d)
	id := w.Cover("ann", "hal")
	all := make([]held, lines)
	for i := range all {
		all[i] = w.open(w.act(w.enter("ann"), id), "desk")
	}
	return w, all
}

// BenchmarkRefresh is a refresh with its record and both tokens, on disk before it is answered.
func BenchmarkRefresh(b *testing.B) {
	w, all := benched(b)
	client := w.ClientNow("desk")
	each(b, func(i int) error {
		who, next, err := w.Refresh(context.Background(), client, token.Renewal{Token: all[i].refresh})
		if err != nil {
			return err
		}
		all[i].refresh = next
		raw, _, err := w.Mint(context.Background(), who)
		if err != nil {
			return err
		}
		_, err = w.IDToken(context.Background(), who, raw)
		return err
	})
}

// BenchmarkExchange is an exchange with its record and its token.
func BenchmarkExchange(b *testing.B) {
	w, all := benched(b)
	client := w.ClientNow("desk")
	each(b, func(i int) error {
		who, err := w.Exchange(context.Background(), client, exchanging(all[i].access))
		if err == nil {
			_, _, err = w.Mint(context.Background(), who)
		}
		return err
	})
}

// each lets every line do it, one after the other's answer, b.N times in all.
func each(b *testing.B, do func(line int) error) {
	before := worked(b)
	b.ResetTimer()
	turns := make(chan int, b.N)
	for i := range b.N {
		turns <- i
	}
	close(turns)
	errs := inLines(func(line int) error {
		for range turns {
			if err := do(line); err != nil {
				return err
			}
		}
		return nil
	})
	b.ReportMetric(float64((worked(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
}

// worked is what this process took of the processors so far.
func worked(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func inLines(do func(line int) error) []error {
	next := make(chan int, lines)
	for i := range lines {
		next <- i
	}
	return atOnce(lines, func() error { return do(<-next) })
}
