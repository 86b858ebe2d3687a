package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/standin-id/standin/directory"
)

// Span is a length of time, written as "8h", "1h30m", "90d", or "none" for 0.
type Span time.Duration

// MarshalText writes the span.
func (s Span) MarshalText() ([]byte, error) { return []byte(directory.Span(time.Duration(s))), nil }

// UnmarshalText reads a span.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := directory.ParseSpan(string(text))
	*s = Span(d)
	return err
}

// Schema implements huma.SchemaProvider.
func (Span) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^(none|[0-9]{1,5}d|([0-9]{1,6}(h|m|s)){1,3})$`,
		PatternDescription: "a span such as 8h, 1h30m, 90d or none", Examples: []any{"8h"},
		Description: "A length of time: 8h, 1h30m, 90d, or none."}
}
