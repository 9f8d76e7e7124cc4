// Package option holds the groups of flags that several commands have. Each is a struct with AddFlags and, where the
// text of a flag needs reading, a method that does it.
package option

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Format is --format, the form of what a command writes to stdout.
type Format struct {
	value   string
	allowed []string
}

// AddFlags adds --format with the values text (the default) and json, and those in more.
func (f *Format) AddFlags(fs *pflag.FlagSet, more ...string) {
	f.allowed = append([]string{"text", "json"}, more...)
	f.value = "text"
	fs.Var(f, "format", "output format: "+strings.Join(f.allowed, ", "))
}

// JSON reports whether JSON was asked for.
func (f *Format) JSON() bool { return f.value == "json" }

// Is reports whether the named format was asked for.
func (f *Format) Is(name string) bool { return f.value == name }

// String is the value that was set.
func (f *Format) String() string { return f.value }

// Set takes one of the allowed values.
func (f *Format) Set(text string) error {
	if !slices.Contains(f.allowed, text) {
		return fmt.Errorf("not one of %s", strings.Join(f.allowed, ", "))
	}
	f.value = text
	return nil
}

// Type is what the help text shows as the value.
func (*Format) Type() string { return "FORMAT" }

// Values lists the allowed values, for shell completion.
func (f *Format) Values() []string { return f.allowed }
