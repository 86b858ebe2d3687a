package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestTheReadmeIsTrue shows that every command that the README names exists and that it has the flags which stand beside it;
// and that every command is named.
func TestTheReadmeIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	line := regexp.MustCompile("(?:\\./|`|cmd/)standin ([a-z]+(?:-[a-z]+)*(?: [a-z]+)*)")
	flag := regexp.MustCompile("--([a-z][a-z-]*)")
	anywhere := map[string]bool{"help": true}
	each(newRoot(), func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { anywhere[f.Name] = true })
	})
	for l := range strings.Lines(string(text)) {
		for _, found := range line.FindAllStringSubmatch(l, -1) {
			c, rest, err := newRoot().Find(strings.Fields(found[1]))
			if err != nil || len(rest) > 0 || !c.Runnable() {
				t.Errorf("there is no command %q: %s", found[1], l)
				continue
			}
			named = append(named, c.CommandPath())
			for _, f := range flag.FindAllStringSubmatch(l, -1) {
				if c.Flags().Lookup(f[1]) == nil && c.InheritedFlags().Lookup(f[1]) == nil {
					t.Errorf("%s has no flag --%s: %s", c.CommandPath(), f[1], l)
				}
			}
		}
		for _, f := range flag.FindAllStringSubmatch(l, -1) {
			if !anywhere[f[1]] {
				t.Errorf("no command has a flag --%s: %s", f[1], l)
			}
		}
	}
	each(newRoot(), func(c *cobra.Command) {
		if path := c.CommandPath(); c.HasParent() && !c.HasSubCommands() && c.Name() != "version" && !slices.Contains(named, path) {
			t.Errorf("the README does not name %s", path)
		}
	})
}

// each calls do for the command and all below it.
func each(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, below := range c.Commands() {
		each(below, do)
	}
}
