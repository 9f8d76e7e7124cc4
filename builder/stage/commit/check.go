package commit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/inspect"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// check is what is known of the new layers of one image.
type check struct {
	skipped int // layers of the parent, which are below
	layers  []checked
}

type checked struct {
	component *plan.Component // nil for a layer of the template
	report    inspect.Report
}

// inspectImage reads the new layers of an exported image, and fails when something is in it that must not be there,
// or when it is beyond a budget.
func inspectImage(ctx context.Context, s stage.Services, in Input, i int, descriptor v1.Descriptor, reports map[digest.Digest]json.RawMessage) (check, error) {
	manifest, config, err := read(s.Store, descriptor)
	if err != nil {
		return check{}, err
	}
	parent, err := parentConfig(in.Builds[i].Parent)
	if err != nil {
		return check{}, err
	}
	memory := inspect.In(s.Memory)
	memory.Fresh = map[string]json.RawMessage{}
	for layer, report := range reports {
		memory.Fresh[layer.String()] = report
	}
	c, err := inspectLayers(ctx, s, memory, in.Plan, manifest, config, parent)
	if err != nil {
		return c, err
	}
	if err := c.clean(); err != nil {
		return c, err
	}
	if err := checkConfig(in.Plan, config, parent, s.Secrets); err != nil {
		return c, err
	}
	return c, c.budgets(in.Plan, ofPlatform(in, i))
}

func read(from *store.Store, descriptor v1.Descriptor) (*v1.Manifest, *v1.ConfigFile, error) {
	var manifest v1.Manifest
	var config v1.ConfigFile
	data, err := from.ReadBlob(descriptor)
	if err == nil {
		err = json.Unmarshal(data, &manifest)
	}
	if err == nil {
		data, err = from.ReadBlob(manifest.Config)
	}
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	return &manifest, &config, err
}

// parentConfig is an empty one for scratch.
func parentConfig(parent *engine.Image) (*v1.ConfigFile, error) {
	var config v1.ConfigFile
	if parent == nil {
		return &config, nil
	}
	return &config, json.Unmarshal(parent.Config, &config)
}

// inspectLayers reads the layers above the parent's. A template that starts from another image has that one's layers
// below: they are left out up to the first layer of a component.
func inspectLayers(ctx context.Context, s stage.Services, memory inspect.Memory, p *plan.Plan, m *v1.Manifest, config, parent *v1.ConfigFile) (check, error) {
	created := creators(config.History)
	if len(created) != len(m.Layers) {
		created = make([]string, len(m.Layers)) // a history of another shape tells nothing
	}
	c := check{skipped: shared(config.RootFS.DiffIDs, parent.RootFS.DiffIDs, len(m.Layers))}
	if p.Template.Base != "" {
		first := slices.IndexFunc(created, isComponent)
		if first < 0 {
			first = len(m.Layers)
		}
		c.skipped = max(c.skipped, first)
	}
	components := p.BuildStage()
	for n, layer := range m.Layers[c.skipped:] {
		report, err := memory.Layer(ctx, s.Store, layer)
		if err != nil {
			return c, err
		}
		l := checked{report: report}
		if isComponent(created[c.skipped+n]) && len(components) > 0 {
			l.component, components = &components[0], components[1:]
		}
		c.layers = append(c.layers, l)
	}
	return c, c.forgive(ctx, s, memory, m.Layers[:c.skipped])
}

// forgive leaves out setuid files that the layers below have as well. Those layers are read only when there is one.
func (c check) forgive(ctx context.Context, s stage.Services, memory inspect.Memory, below []v1.Descriptor) error {
	if !slices.ContainsFunc(c.layers, func(l checked) bool { return len(l.report.Setuid) > 0 }) {
		return nil
	}
	had, err := memory.Setuid(ctx, s.Store, below)
	if err != nil {
		return err
	}
	for i, l := range c.layers {
		c.layers[i].report = l.report.Without(had)
	}
	return nil
}

// componentHistory begins the history entry of a component's layer.
const componentHistory = "slipway component "

func isComponent(createdBy string) bool { return strings.HasPrefix(createdBy, componentHistory) }

// shared counts the layers at the bottom that are the parent's.
func shared(layers, parent []v1.Hash, most int) int {
	n := 0
	for n < len(layers) && n < len(parent) && n < most && layers[n] == parent[n] {
		n++
	}
	return n
}

// ofPlatform are the outcomes of components for the i-th platform.
func ofPlatform(in Input, i int) []result.Component {
	n := len(in.Plan.BuildStage())
	if n == 0 || len(in.Components) < (i+1)*n {
		return nil
	}
	return in.Components[i*n : (i+1)*n]
}

// clean fails when a layer holds what belongs to the build and not to the image.
func (c check) clean() error {
	for _, l := range c.layers {
		names := l.report.Violations
		if l.component != nil {
			names = append(slices.Clone(names), l.report.ComponentViolations...)
		}
		if len(names) == 0 {
			continue
		}
		e := &stage.Error{
			Code:    stage.CodeMachine,
			Message: "the image would hold files of the build itself: " + strings.Join(names, ", "),
			Mend:    "nothing below /run/slipway, /run/secrets or " + engine.LogDirectory + " belongs into an image; if no step writes there, this is a fault of slipway",
		}
		if l.component != nil {
			e.Component = l.component.Name
		}
		return e
	}
	return nil
}

// describe adds what the new layers hold to the record of all layers.
func (c check) describe(layers []result.Layer) {
	for n, l := range c.layers {
		added := &result.Added{Files: l.report.Files, Bytes: l.report.Bytes, Deleted: l.report.Deleted}
		if l.component != nil {
			added.Component = l.component.Name
		}
		for _, left := range l.report.Leftovers {
			added.Leftovers = append(added.Leftovers, result.Leftover{
				Kind: string(left.Kind), Files: left.Files, Bytes: left.Bytes, Paths: left.Paths,
			})
		}
		layers[c.skipped+n].Added = added
	}
}

// warnings say what is there by accident, and what it costs.
func (c check) warnings() []string {
	var list []string
	for _, l := range c.layers {
		who := "the template"
		if l.component != nil {
			who = fmt.Sprintf("component %q", l.component.Name)
		}
		for _, left := range l.report.Leftovers {
			text := fmt.Sprintf("%s leaves in the image: %s %s, %s", who, left.Kind, left.Paths[0], size(left.Bytes))
			if left.Files > 1 {
				text = fmt.Sprintf("%s leaves in the image: %s, %d files with %s, such as %s", who, left.Kind, left.Files, size(left.Bytes), left.Paths[0])
			}
			list = append(list, text+" ("+left.Kind.Advice()+")")
		}
	}
	return list
}

// size writes bytes for people.
func size(bytes int64) string {
	units := []string{"kB", "MB", "GB", "TB"}
	if bytes < 1000 {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/1000, 0
	for value >= 1000 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}
