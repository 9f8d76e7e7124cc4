package option

import (
	"errors"
	"time"

	"github.com/spf13/pflag"
)

// Timeout is --test-timeout, the limit of the test stage; 0 when it is not given.
type Timeout struct{ time.Duration }

// AddFlags adds --test-timeout.
func (t *Timeout) AddFlags(fs *pflag.FlagSet) {
	fs.Var(t, "test-timeout", "end the tests after this `DURATION`, such as 90s or 10m (default: the recipe's, or 12h)")
}

// String is the value that was set.
func (t *Timeout) String() string {
	if t.Duration == 0 {
		return ""
	}
	return t.Duration.String()
}

// Set takes a duration above 0.
func (t *Timeout) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return errors.New("not a duration above 0, such as 90s or 10m")
	}
	t.Duration = d
	return nil
}

// Type is what the help text shows as the value.
func (*Timeout) Type() string { return "DURATION" }
