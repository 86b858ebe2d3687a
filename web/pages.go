package web

import (
	"embed"

	"github.com/standin-id/standin/web/frame"
)

//go:embed *.html
var files embed.FS

// Pages are those of a person who names, covers, chooses and looks.
func Pages() frame.Set {
	return frame.Set{Files: files, Views: map[string]frame.Page{
		"setup":      &SetUp{},
		"settings":   &Settings{},
		"link":       &Link{},
		"prove":      &Prove{},
		"terms":      &Terms{},
		"chooser":    &Chooser{},
		"home":       &Home{},
		"name":       &Name{},
		"check":      &Check{},
		"invitation": &Invitation{},
		"delegation": &Delegation{},
		"edit":       &Edit{},
		"stop":       &Stop{},
		"audit":      &Audit{},
		"exports":    &Exports{},
		"continue":   &Continue{},
	}}
}
