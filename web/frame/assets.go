package frame

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed look
var look embed.FS

// asset is one file that pages load, at an address that names its content, so that browsers may keep it for ever.
type asset struct {
	name, url, kind string
	plain, packed   []byte
}

var assets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	for _, name := range []string{"standin.css", "standin.js", "apps.js", "here.js", "standin.svg"} {
		content, err := look.ReadFile("look/" + name)
		if err != nil {
			panic("web: " + err.Error()) // the files are part of the program
		}
		sum := sha256.Sum256(content)
		extension := path.Ext(name)
		url := "/assets/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
		var packed bytes.Buffer
		z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		_, _ = z.Write(content) // a bytes.Buffer takes everything
		_ = z.Close()
		all[name] = asset{name: name, url: url, kind: mime.TypeByExtension(extension), plain: content, packed: packed.Bytes()}
	}
	return all
})

// Asset returns the address of a file that pages load.
func (b Base) Asset(name string) string { return assets()[name].url }

// Loads returns how many bytes the named files take on their way, all that pages load where none is named.
func Loads(names ...string) int {
	total := 0
	for name, a := range assets() {
		if len(names) == 0 || slices.Contains(names, name) {
			total += len(a.packed)
		}
	}
	return total
}

// serveAsset answers GET /assets/{file}.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	for _, a := range assets() {
		if a.url != r.URL.Path {
			continue
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		h.Set("X-Content-Type-Options", "nosniff")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			_, _ = w.Write(a.packed)
			return
		}
		_, _ = w.Write(a.plain)
		return
	}
	http.NotFound(w, r)
}

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	opening = regexp.MustCompile(`(?s)<svg.*?>`)
	spaces  = regexp.MustCompile(`\s+`)
)

// drawn is how every icon begins: drawn in the colour of the words beside it, and silent.
const drawn = `<svg class="icon" aria-hidden="true" focusable="false" viewBox="0 0 24 24">`

// icons holds the pictures of look/icons, which say nothing to a screen reader: the words beside them do.
var icons = sync.OnceValue(func() map[string]template.HTML {
	all := map[string]template.HTML{}
	files, err := fs.Glob(look, "look/icons/*.svg")
	if err != nil {
		panic("web: " + err.Error())
	}
	for _, file := range files {
		content, err := look.ReadFile(file)
		if err != nil {
			panic("web: " + err.Error())
		}
		svg := opening.ReplaceAllLiteralString(comment.ReplaceAllString(string(content), ""), drawn)
		svg = strings.TrimSpace(spaces.ReplaceAllString(svg, " "))
		all[strings.TrimSuffix(path.Base(file), ".svg")] = template.HTML(svg) // of the program itself
	}
	return all
})

// icon returns the picture of the name; a template that asks for one that is missing does not pass the tests.
func icon(name string) template.HTML { return icons()[name] }
