//go:build !chaos

package histories_test

// rounds is how many histories run on each database, in as many places.
const rounds, places = 120, 2
