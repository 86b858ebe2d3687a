//go:build !unix

package client

import (
	"errors"
	"os"
)

// lockFile refuses: two processes in one spool would damage it, and nothing here keeps the second one out.
func lockFile(string) (*os.File, error) {
	return nil, errors.New("a spool needs a Unix system; leave Config.Spool empty, and Record waits for Standin")
}
