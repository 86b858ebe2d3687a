// Package keys owns the file of Standin's keys: it is made once, whole or not at all, readable to its owner alone, and never
// replaced. It refuses a file that others may read, and to make new keys for a database that was signed with others.
package keys

import (
	"bytes"
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
	signing "github.com/standin-id/standin/token/keys"
)

func refuse(code, message string) *standin.Error {
	return standin.Refuse(standin.Invalid, "standin.keys", code, message)
}

// Set is what the file of the keys holds.
type Set struct {
	Ledger ledger.Key   // signs the checkpoints of the record
	Seal   signing.Seal // seals the keys that sign tokens
}

// keyFile is a Set as it is written.
type keyFile struct {
	Ledger string `toml:"ledger" comment:"signs the checkpoints of the record"`
	Seal   string `toml:"seal" comment:"seals the keys that sign tokens, which are in the database"`
}

const keyFileHead = "# Standin's keys. Whoever has them can sign another history, and tokens. Keep a copy apart from the database's\n" +
	"# copies; all replicas need the same file.\n\n"

// Read reads the keys from the file at path. It refuses a file that others than its owner may read. A file from before there
// was a seal gives the one that follows from its other key, so that replicas that each have a copy agree.
func Read(path string) (Set, error) {
	set, _, err := read(path)
	return set, err
}

// read is Read, and says whether the seal is in the file.
func read(path string) (set Set, whole bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return set, false, standin.Refuse(standin.NotFound, "standin.keys", "standin.no_keys",
			"There are no keys in {file}. standin serve makes them once; name the file with --keys.").With("file", path)
	}
	if err != nil {
		return set, false, err
	}
	if open := info.Mode().Perm() &^ 0o600; open != 0 {
		return set, false, refuse("standin.keys_open", "Others may read {file}, which holds secrets. Make it yours alone: "+
			"chmod 600 {file}").With("file", path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return set, false, err
	}
	var keys keyFile
	if err := toml.Unmarshal(content, &keys); err != nil {
		return set, false, refuse("standin.keys_bad", "{file} is not a file of keys. Put the right one there, or name "+
			"it with --keys.").With("file", path) // its text stays untold
	}
	if set.Ledger, err = ledger.ParseKey(keys.Ledger); err != nil {
		return Set{}, false, err
	}
	if keys.Seal == "" {
		set.Seal = signing.DeriveSeal(set.Ledger.Secret())
		return set, false, nil
	}
	if set.Seal, err = signing.ParseSeal(keys.Seal); err != nil {
		return Set{}, false, err
	}
	return set, true, nil
}

// For reads the keys, or makes them for a database that nothing was signed in yet: with new keys, what was signed
// before would look forged. A file without a seal gets one, where it can be written.
func For(ctx context.Context, d *db.DB, path string, log *slog.Logger) (Set, error) {
	set, whole, err := read(path)
	if err == nil && !whole {
		if err := complete(path, set.Seal); err != nil {
			log.Info("the file of keys was not completed; the seal follows from its other key all the same", "file", path, "error", err)
		}
		return set, nil
	}
	if standin.KindOf(err) != standin.NotFound {
		return set, err
	}
	var signed string
	err = d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		signed, err = ledger.New(d, time.Now).Checkpoint(ctx, tx)
		return err
	})
	if err != nil {
		return set, err
	}
	if signed != "" {
		return set, refuse("standin.keys_missing", "The record in this database was signed with keys that are not in "+
			"{file}. Put the file of keys back, or name it with --keys.").With("file", path)
	}
	set, made, err := ensure(path)
	if err == nil && made {
		log.Info("keys were made; keep a copy of them", "file", path, "key", set.Ledger.Verifier().String())
	}
	return set, err
}

// ensure reads the keys, or makes them where there is no file yet; made says which. The file appears whole or not at
// all, and where two programs make it at once, both use the same one.
func ensure(path string) (set Set, made bool, err error) {
	set, err = Read(path)
	if standin.KindOf(err) != standin.NotFound {
		return set, false, err
	}
	if set.Ledger, err = ledger.NewKey("standin-" + standin.NewSecret()[:8]); err != nil {
		return set, false, err
	}
	set.Seal = signing.NewSeal()
	content, err := toml.Marshal(keyFile{Ledger: set.Ledger.Secret(), Seal: set.Seal.Secret()})
	if err != nil {
		return set, false, err
	}
	err = writeNew(path, append([]byte(keyFileHead), content...))
	if errors.Is(err, fs.ErrExist) {
		set, err = Read(path)
		return set, false, err
	}
	return set, err == nil, err
}

// complete adds the seal to a file of keys that has none. What was in it stays as it was; the file is whole at every
// instant, and where two programs complete it at once, both write the same.
func complete(path string, seal signing.Seal) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	added, err := toml.Marshal(struct {
		Seal string `toml:"seal" comment:"seals the keys that sign tokens, which are in the database"`
	}{seal.Secret()})
	if err != nil {
		return err
	}
	content = append(append(bytes.TrimRight(content, "\n"), '\n'), added...)
	return place(path, content, func(made string) error { return os.Rename(made, path) })
}

// writeNew writes a file that is not there yet, readable to its owner alone, and returns when it is durable.
func writeNew(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return place(path, content, func(made string) error { return os.Link(made, path) })
}

// place writes the content beside path, has it put there, and returns when it is durable.
func place(path string, content []byte, put func(made string) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".standin-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := put(f.Name()); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
