package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/standin-id/standin/web/words"
)

//go:embed *.html
var files embed.FS

// views names the template of every page beside an example of its struct; the tests check each pair.
var views = map[string]page{
	"signin":     &SignIn{},
	"prove":      &Prove{},
	"terms":      &Terms{},
	"chooser":    &Chooser{},
	"home":       &Home{},
	"name":       &Name{},
	"check":      &Check{},
	"invitation": &Invitation{},
	"delegation": &Delegation{},
	"edit":       &Edit{},
	"ended":      &Ended{},
	"stop":       &Stop{},
	"changed":    &Changed{},
	"audit":      &Audit{},
	"error":      &Failure{},
	"continue":   &Continue{},
	"gallery":    &Gallery{},
}

var functions = template.FuncMap{"icon": icon, "shown": words.Shown}

// parse reads every page's template together with the layout and the shared parts.
func parse() map[string]*template.Template {
	all := make(map[string]*template.Template, len(views))
	for name := range views {
		all[name] = template.Must(template.New("layout.html").Funcs(functions).
			ParseFS(files, "layout.html", "parts.html", name+".html"))
	}
	return all
}

// write renders the page whole before a byte is sent, so that a fault in a template becomes an error and not half a page.
func (s *site) write(w http.ResponseWriter, status int, name string, view page) error {
	var b bytes.Buffer
	if err := s.pages[name].Execute(&b, view); err != nil {
		return fmt.Errorf("web: page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", view.base().Lang())
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}
