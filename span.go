package standin

import (
	"fmt"
	"strings"
	"time"
)

// plain returns what people read for the value of a refusal: a length of time, which programs write "2160h0m0s", as "90
// days", all else as it is.
func plain(value string) string {
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Minute || d%time.Minute != 0 {
		return value
	}
	minutes := int64(d / time.Minute)
	var parts []string
	for _, unit := range []struct {
		name    string
		minutes int64
	}{{"day", 24 * 60}, {"hour", 60}, {"minute", 1}} {
		n := minutes / unit.minutes
		minutes %= unit.minutes
		switch {
		case n == 1:
			parts = append(parts, "1 "+unit.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit.name))
		}
	}
	return strings.Join(parts, " ")
}
