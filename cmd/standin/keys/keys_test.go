package keys_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/keys"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/ledger"
)

var quiet = slog.New(slog.DiscardHandler)

// TestReplicasThatStartAtOnceUseTheSameKeys shows that the file is made once and never replaced.
func TestReplicasThatStartAtOnceUseTheSameKeys(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		path := filepath.Join(t.TempDir(), "new", "standin.keys")
		all := make([]keys.Set, 8)
		var group sync.WaitGroup
		for i := range all {
			group.Go(func() {
				var err error
				if all[i], err = keys.For(t.Context(), d, path, quiet); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, k := range all {
			if k.Ledger.Secret() != all[0].Ledger.Secret() || k.Seal != all[0].Seal {
				t.Error("two replicas have different keys")
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v (%v), want 0600", info.Mode(), err)
		}
		left, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(left) != 1 {
			t.Errorf("beside the file there is more: %v (%v)", left, err)
		}
	})
}

// TestNoNewKeysForASignedRecord shows that a lost file of keys is not replaced once something was signed: everything that
// was signed before would look forged.
func TestNoNewKeysForASignedRecord(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		path := filepath.Join(t.TempDir(), "standin.keys")
		key, err := keys.For(t.Context(), d, path, quiet)
		if err != nil {
			t.Fatal(err)
		}
		l := ledger.New(d, time.Now)
		if err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			r := ledger.By(standin.OperatorCaller("acme", "test"))
			r.At, r.Action, r.Resource = standin.Now(time.Now), "test.done", "test:1"
			_, err := l.Append(ctx, tx, r)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := ledger.NewSequencer(l, key.Ledger, quiet).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.For(t.Context(), d, path, quiet); standin.CodeOf(err) != "standin.keys_missing" {
			t.Errorf("got %v, want a refusal", err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Error("a file of keys was made all the same")
		}
	})
}

func TestFilesOfKeysThatAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	good, err := ledger.NewKey("standin-good")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		mode os.FileMode
		code string
	}{
		{"ledger = 'x'", 0o644, "standin.keys_open"},
		{"ledger = 'x'", 0o640, "standin.keys_open"},
		{"secret rubbish", 0o600, "standin.keys_bad"},
		{"ledger = 'secret rubbish'", 0o600, "ledger.bad_key"},
		{"", 0o600, "ledger.bad_key"},
		{"ledger = '" + good.Secret() + "'\nseal = 'rubbish'", 0o600, "keys.bad_seal"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := keys.Read(path)
		if standin.CodeOf(err) != c.code {
			t.Errorf("%q with mode %o: got %v, want %s", c.text, c.mode, err, c.code)
		}
		if err != nil && strings.Contains(err.Error(), "rubbish") {
			t.Errorf("the error tells what is in the file: %v", err)
		}
	}
	if _, err := keys.Read(path + ".missing"); standin.KindOf(err) != standin.NotFound {
		t.Errorf("got %v, want not found", err)
	}
}

// TestAnOlderFileGetsItsSeal shows that a file from before there was a seal is completed and otherwise left as it was, and
// that replicas with copies of it, or that cannot write it, agree all the same.
func TestAnOlderFileGetsItsSeal(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		key, err := ledger.NewKey("standin-older")
		if err != nil {
			t.Fatal(err)
		}
		text := "# a comment of ours\n\nledger = '" + key.Secret() + "'\n"
		var sets []keys.Set
		for range 2 {
			dir := t.TempDir()
			path, link := filepath.Join(dir, "standin.keys"), filepath.Join(t.TempDir(), "link")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path, link); err != nil {
				t.Fatal(err)
			}
			looked, err := keys.Read(link)
			if err != nil {
				t.Fatal(err)
			}
			if content, err := os.ReadFile(path); err != nil || string(content) != text {
				t.Errorf("reading changed the file: %s (%v)", content, err)
			}
			set, err := keys.For(t.Context(), d, link, quiet)
			if err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(path)
			if err != nil || !strings.HasPrefix(string(content), text) || !strings.Contains(string(content), set.Seal.Secret()) {
				t.Errorf("got %s (%v), want the text as it was and the seal", content, err)
			}
			if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
				t.Errorf("the file has mode %v (%v), want 0600", info.Mode(), err)
			}
			again, err := keys.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, looked, set, again)
		}
		for _, s := range sets {
			if s.Seal != sets[0].Seal || s.Ledger.Secret() != key.Secret() {
				t.Error("copies of one file give different keys")
			}
		}
	})
}
