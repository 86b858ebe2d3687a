//go:build linux && chaos

package chaos_test

// rounds is how often the program is killed on each database, and crashes how often PostgreSQL itself is.
const rounds, crashes = 200, 20
