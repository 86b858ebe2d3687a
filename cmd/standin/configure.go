package main

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/standin-id/standin/cmd/standin/front"
)

// prefix of the environment's variables: STANDIN_TLS_CERT is --tls-cert.
const prefix = "STANDIN_"

// spoken flags belong to one command line and are no settings.
var spoken = []string{"help", "version", "config", "yes", "plan", "file", "export", "checkpoint", "key", "organisation", "from", "until", "for",
	"kind", "dry-run", "ignore-columns", "rows-refused", "output", "principal", "actor", "session", "delegation", "record", "owner",
	"entered-by", "unit", "self-approval", "property", "at"}

// configure gives each flag that the command line left alone the value that environment or file have for it.
func configure(cmd *cobra.Command) error {
	k := koanf.New("\x00") // settings are flat: no key is a path
	path, _ := cmd.Flags().GetString("config")
	if path == "" {
		path = os.Getenv(prefix + "CONFIG")
	}
	if path != "" {
		if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
			return usage("the configuration file %s cannot be read: %w", path, err)
		}
	}
	known := settings(cmd.Root())
	for _, key := range k.Keys() {
		if !slices.Contains(known, key) {
			return usage("%s: there is no setting %q; known are: %s", path, key, strings.Join(known, ", "))
		}
	}
	err := k.Load(env.Provider("\x00", env.Opt{Prefix: prefix, TransformFunc: func(name, value string) (string, any) {
		key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", "-")
		if !slices.Contains(known, key) || value == "" {
			return "", nil // other programs' variables may begin so, too; an empty one is none
		}
		return key, value
	}}), nil)
	if err != nil {
		return usage("the environment cannot be read: %w", err)
	}
	var bad error
	spokenData, spokenDatabase := cmd.Flags().Changed("data"), cmd.Flags().Changed("database")
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		elsewhere := f.Name == "database" && spokenData || f.Name == "data" && spokenDatabase
		if f.Changed || elsewhere || !k.Exists(f.Name) || bad != nil {
			return
		}
		value := strings.Join(texts(k.Get(f.Name)), ",")
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			bad = usage("setting %s: %w", f.Name, err)
		}
	})
	return bad
}

// texts returns a setting's value, or values, as they would stand on a command line.
func texts(v any) []string {
	several, ok := v.([]any)
	if !ok {
		return []string{fmt.Sprint(v)}
	}
	var all []string
	for _, one := range several {
		all = append(all, fmt.Sprint(one))
	}
	return all
}

// settings lists the flags of all commands that may stand in a file or in the environment.
func settings(root *cobra.Command) []string {
	var names []string
	note := func(f *pflag.Flag) {
		if !slices.Contains(spoken, f.Name) {
			names = append(names, f.Name)
		}
	}
	root.PersistentFlags().VisitAll(note)
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.LocalFlags().VisitAll(note)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	slices.Sort(names)
	return slices.Compact(names)
}

// logger returns the log on stderr that the settings ask for.
func logger(cmd *cobra.Command) (*slog.Logger, error) {
	name, _ := cmd.Flags().GetString("log-level")
	var level slog.Level
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return nil, usage("--log-level is debug, info, warn or error, not %q", name)
	}
	options := &slog.HandlerOptions{Level: level}
	switch format, _ := cmd.Flags().GetString("log-format"); format {
	case "text":
		return slog.New(front.Named(slog.NewTextHandler(cmd.ErrOrStderr(), options))), nil
	case "json":
		return slog.New(front.Named(slog.NewJSONHandler(cmd.ErrOrStderr(), options))), nil
	default:
		return nil, usage("--log-format is text or json, not %q", format)
	}
}
