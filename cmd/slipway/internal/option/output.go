package option

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/oci/distribute"
)

// Output is --output, where an image is written besides the image store.
type Output struct{ list []string }

// outputs make the target of a type.
var outputs = map[string]func(dest, name string) distribute.Target{
	"oci":        func(dest, name string) distribute.Target { return distribute.Archive(dest, "oci", name) },
	"docker":     func(dest, name string) distribute.Target { return distribute.Archive(dest, "docker", name) },
	"oci-layout": distribute.Layout,
}

// AddFlags adds --output.
func (o *Output) AddFlags(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&o.list, "output", "o", nil, "also write the image: `type=oci,dest=FILE`, type=docker,dest=FILE or type=oci-layout,dest=DIR; repeatable")
}

// Check refuses what cannot be written, before anything is built: platforms is how many the image is for.
func (o *Output) Check(platforms int) error {
	for _, text := range o.list {
		kind, dest := parseOutput(text)
		if outputs[kind] == nil || dest == "" {
			return outputError{text, "is no output", "write type=oci,dest=FILE, type=docker,dest=FILE or type=oci-layout,dest=DIR"}
		}
		if kind == "docker" && platforms > 1 {
			return outputError{text, "cannot hold several platforms", "use type=oci, or one platform"}
		}
	}
	return nil
}

// Targets are the outputs for an image with that name. Check has seen them.
func (o *Output) Targets(name string) []distribute.Target {
	var targets []distribute.Target
	for _, text := range o.list {
		kind, dest := parseOutput(text)
		targets = append(targets, outputs[kind](dest, name))
	}
	return targets
}

// parseOutput reads type=TYPE,dest=PATH; other keys leave both empty.
func parseOutput(text string) (kind, dest string) {
	for field := range strings.SplitSeq(text, ",") {
		switch key, value, _ := strings.Cut(field, "="); key {
		case "type":
			kind = value
		case "dest":
			dest = value
		default:
			return "", ""
		}
	}
	return kind, dest
}

type outputError struct{ text, problem, hint string }

func (e outputError) Error() string { return fmt.Sprintf("--output %q %s", e.text, e.problem) }

func (e outputError) Hint() string { return e.hint }
