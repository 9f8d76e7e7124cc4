package option

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

var isolations = []string{"shared", "each"}

// Isolation is --test-isolation.
type Isolation struct{ value string }

// AddFlags adds --test-isolation.
func (i *Isolation) AddFlags(fs *pflag.FlagSet) {
	i.value = isolations[0]
	fs.Var(i, "test-isolation", "run the tests in one container (shared), or those of each component in its own, side by side (each)")
}

// Each reports whether each component's tests have a container of their own.
func (i *Isolation) Each() bool { return i.value == "each" }

// String is the value that was set.
func (i *Isolation) String() string { return i.value }

// Set takes one of the values.
func (i *Isolation) Set(text string) error {
	if !slices.Contains(isolations, text) {
		return fmt.Errorf("not one of %s", strings.Join(isolations, ", "))
	}
	i.value = text
	return nil
}

// Type is what the help text shows as the value.
func (*Isolation) Type() string { return "MODE" }

// Values lists the allowed values, for shell completion.
func (*Isolation) Values() []string { return isolations }
