package decision

import (
	"strconv"
	"strings"
)

// mostPlaces bounds the placeholders of one statement.
const mostPlaces = 256

// in returns the placeholders of a list and their arguments. Their number is a power of two, the last value being
// repeated, so that there are few different texts for a database to prepare.
func in[S ~string](values []S) (places string, args []any) { return inFrom(1, values) }

// inFrom is in whose first placeholder has that number.
func inFrom[S ~string](first int, values []S) (places string, args []any) {
	n := 1
	for n < len(values) {
		n *= 2
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
		args = append(args, string(values[min(i, len(values)-1)]))
	}
	return b.String(), args
}
