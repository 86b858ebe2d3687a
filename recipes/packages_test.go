//go:build recipes

package recipes

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unpack unpacks a package of npm, whose digest must be the one in the list beside it.
func unpack(t *testing.T, file, modules string) {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("testdata/npm/README.md")
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum512(packed)
	row := "| " + filepath.Base(file) + " | `" + base64.StdEncoding.EncodeToString(digest[:]) + "` |"
	if !strings.Contains(string(list), row) {
		t.Fatalf("%s is not what was published: want in the list %s", file, row)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(file)
	name = name[:strings.LastIndex(name, "-")] // of the package, before its version
	archive := tar.NewReader(unzipped)
	for {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		inside, found := strings.CutPrefix(entry.Name, "package/")
		if !found || !filepath.IsLocal(inside) || entry.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(modules, name), inside, string(text), 0o644)
	}
}
