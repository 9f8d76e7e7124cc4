package option

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

var compressions = []string{"gzip", "zstd", "estargz", "uncompressed"}

// Compression is --compression, of new layers.
type Compression struct{ value string }

// AddFlags adds --compression.
func (c *Compression) AddFlags(fs *pflag.FlagSet) {
	c.value = compressions[0]
	fs.Var(c, "compression", "compression of new layers: "+strings.Join(compressions, ", "))
}

// String is the compression that was set.
func (c *Compression) String() string { return c.value }

// Set takes one of the compressions.
func (c *Compression) Set(text string) error {
	if !slices.Contains(compressions, text) {
		return fmt.Errorf("not one of %s", strings.Join(compressions, ", "))
	}
	c.value = text
	return nil
}

// Type is what the help text shows as the value.
func (*Compression) Type() string { return "TYPE" }

// Values lists the allowed values, for shell completion.
func (*Compression) Values() []string { return compressions }
