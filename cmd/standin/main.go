// Command standin runs Standin: the server, a demonstration of it, and the tools that its operator needs. It owns
// configuration and wiring: here, and nowhere else, the rooms and their adapters are joined. It refuses settings it does
// not know, and to serve in a way that would let secrets travel in clear.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
