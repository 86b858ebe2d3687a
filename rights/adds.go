package rights

import "slices"

// Adds reports whether the new lines of a role might let its holders do anything that the old ones did not: each new line must
// lie within one old line, whatever the catalogues say. When in doubt, it adds.
func Adds(old, new []string) bool {
	before, errBefore := parseAll(old)
	after, errAfter := parseAll(new)
	if errBefore != nil || errAfter != nil {
		return true
	}
	return slices.ContainsFunc(after, func(q Permission) bool {
		return !slices.ContainsFunc(before, func(p Permission) bool { return p.allowIncludes(q) })
	})
}
