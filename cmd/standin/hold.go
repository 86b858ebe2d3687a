package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// hold makes this program the only server on the embedded database in dir, until release or its end, however it ends. For
// PostgreSQL, where dir is "", any number of servers is fine.
func hold(dir string) (release func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "standin.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = refuse("serve.in_use", "Another server works on the database in {dir}. Stop it first, give this one another place "+
			"with --data, or let both share a PostgreSQL with --database.").With("dir", dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
