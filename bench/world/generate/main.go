// Command generate writes a world file of any size on stdout, for trying standin apply on it.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/standin-id/standin/bench/world"
)

func main() {
	people := flag.Int("people", 10_000, "how many people")
	delegations := flag.Int("delegations", 50_000, "how many delegations")
	start := flag.String("start", time.Now().Format(time.DateOnly), "the day around which they are")
	flag.Parse()
	day, err := time.Parse(time.DateOnly, *start)
	if err != nil || *people < 3 || *delegations < 1 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "generate: at least 3 people, 1 delegation and a day such as 2026-11-20 are expected")
		os.Exit(2)
	}
	if err := (world.Company{People: *people, Delegations: *delegations, Start: day}).Write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
