package frame

// Field is one input of a form, with all that is said around it. The part "field" writes it.
type Field struct {
	Name     string // of the input, and its id
	Label    string
	Hint     string
	Kind     string // "text" where empty; "email", "password", "number", "date", "lines", "code" or "select"
	Value    string
	Options  []Option // of a select, or what is suggested for a text
	Complete string   // what browsers fill in, "off" where empty
	Required bool
	Most     int // characters, 0 for no limit that a browser keeps
	Problem  string
}

// Fields returns the fields with the problems that are theirs.
func (b Base) Fields(fields ...Field) []Field {
	for i := range fields {
		fields[i].Problem = b.Problem(fields[i].Name)
	}
	return fields
}

// Lines reports whether the field holds several lines.
func (f Field) Lines() bool { return f.Kind == "lines" || f.Code() }

// Code reports whether what is typed is read letter by letter.
func (f Field) Code() bool { return f.Kind == "code" }

// Select reports whether one of the options is picked.
func (f Field) Select() bool { return f.Kind == "select" }

// Type returns the type of the input.
func (f Field) Type() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

// Filled returns what browsers may fill in.
func (f Field) Filled() string {
	if f.Complete == "" {
		return "off"
	}
	return f.Complete
}

// Described returns the ids of what is said about the field.
func (f Field) Described() string {
	said := ""
	if f.Hint != "" {
		said = f.Name + "-hint"
	}
	if f.Problem != "" {
		if said != "" {
			said += " "
		}
		said += f.Name + "-problem"
	}
	return said
}

// Tab is one of several pages that belong together. The part "tabs" writes them.
type Tab struct {
	Label, To string
	Here      bool
}
