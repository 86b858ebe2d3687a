// Package keys owns the file of Standin's keys: it is made once, whole or not at all, readable to its owner alone, and never
// replaced. It refuses a file that others may read, and to make new keys for a database that was signed with others.
package keys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

func refuse(code, message string) *standin.Error {
	return standin.Refuse(standin.Invalid, "standin.keys", code, message)
}

// keyFile is what the file of the keys holds.
type keyFile struct {
	Ledger string `toml:"ledger" comment:"signs the checkpoints of the record"`
}

const keyFileHead = "# Standin's keys. Whoever has them can sign another history. Keep a copy apart from the database's copies;\n" +
	"# all replicas need the same file.\n\n"

// Read reads the keys from the file at path. It refuses a file that others than its owner may read.
func Read(path string) (ledger.Key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ledger.Key{}, standin.Refuse(standin.NotFound, "standin.keys", "standin.no_keys",
			"There are no keys in {file}. standin serve makes them once; name the file with --keys.").With("file", path)
	}
	if err != nil {
		return ledger.Key{}, err
	}
	if open := info.Mode().Perm() &^ 0o600; open != 0 {
		return ledger.Key{}, refuse("standin.keys_open", "Others may read {file}, which holds secrets. Make it yours alone: "+
			"chmod 600 {file}").With("file", path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return ledger.Key{}, err
	}
	var keys keyFile
	if err := toml.Unmarshal(content, &keys); err != nil {
		return ledger.Key{}, refuse("standin.keys_bad", "{file} is not a file of keys. Put the right one there, or name "+
			"it with --keys.").With("file", path) // its text stays untold
	}
	return ledger.ParseKey(keys.Ledger)
}

// For reads the keys, or makes them for a database that nothing was signed in yet: with new keys, what was signed
// before would look forged.
func For(ctx context.Context, d *db.DB, path string, log *slog.Logger) (ledger.Key, error) {
	key, err := Read(path)
	if standin.KindOf(err) != standin.NotFound {
		return key, err
	}
	var signed string
	err = d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		signed, err = ledger.New(d, time.Now).Checkpoint(ctx, tx)
		return err
	})
	if err != nil {
		return key, err
	}
	if signed != "" {
		return key, refuse("standin.keys_missing", "The record in this database was signed with keys that are not in "+
			"{file}. Put the file of keys back, or name it with --keys.").With("file", path)
	}
	key, made, err := ensure(path)
	if err == nil && made {
		log.Info("keys were made; keep a copy of them", "file", path, "key", key.Verifier().String())
	}
	return key, err
}

// ensure reads the keys, or makes them where there is no file yet; made says which. The file appears whole or not at
// all, and where two programs make it at once, both use the same one.
func ensure(path string) (key ledger.Key, made bool, err error) {
	key, err = Read(path)
	if standin.KindOf(err) != standin.NotFound {
		return key, false, err
	}
	if key, err = ledger.NewKey("standin-" + standin.NewSecret()[:8]); err != nil {
		return key, false, err
	}
	content, err := toml.Marshal(keyFile{Ledger: key.Secret()})
	if err != nil {
		return key, false, err
	}
	err = writeNew(path, append([]byte(keyFileHead), content...))
	if errors.Is(err, fs.ErrExist) {
		key, err = Read(path)
		return key, false, err
	}
	return key, err == nil, err
}

// writeNew writes a file that is not there yet, readable to its owner alone, and returns when it is durable.
func writeNew(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".standin-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
