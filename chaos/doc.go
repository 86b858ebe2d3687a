// Package chaos owns the proof that nothing acknowledged is lost: it runs the program as it ships, kills it at a random
// instant while many clients make changes, starts it again, and looks for what it had answered. A few rounds run with every
// test; make chaos runs 200 on each database.
package chaos
