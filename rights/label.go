package rights

import (
	"unicode"
	"unicode/utf8"

	"github.com/standin-id/standin"
)

// maxLabel bounds what people read for a type, an action or a field, in characters.
const maxLabel = 100

// checkLabel refuses what is not one readable line. What turns the direction of writing around is refused, too: it could
// make one action look like another.
func checkLabel(label string) error {
	fine := utf8.ValidString(label) && utf8.RuneCountInString(label) <= maxLabel
	for _, r := range label {
		fine = fine && unicode.IsGraphic(r)
	}
	if !fine {
		return standin.Refuse(standin.Invalid, "rights.catalogue", "rights.bad_label",
			`"{label}" is no label: one line of up to {most} readable characters is expected`).With("label", excerpt(label)).With("most", maxLabel)
	}
	return nil
}
