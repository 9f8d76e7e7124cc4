// Package why says in words why a component was not taken from the cache. It remembers, for each recipe, what the
// components of its last build depended on, and compares. Its entry points are Load, Memory.Explain and Save.
//
// What it remembers has no part in caching itself: without it, only the words are missing.
package why

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/builder/notes"
)

// Inputs are what the result of one component depends on besides those before it.
type Inputs struct {
	Component  string            `json:"component"`
	Document   string            `json:"document"`   // digest
	Parameters map[string]string `json:"parameters"` // digests of the values: a value may be private
	// Outcome is how it ended; it has no part in the comparison of inputs.
	Outcome Outcome `json:"outcome,omitempty"`
}

// Outcome is how a component ended in a build.
type Outcome string

// The outcomes.
const (
	Done        Outcome = ""
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted"
	NotRun      Outcome = "notRun" // the build ended before it
)

// Build is what all components of one build depend on, and those in their order.
type Build struct {
	Parent           string   `json:"parent"`   // digest, empty for scratch
	Template         string   `json:"template"` // digest of the template before the components
	WorkingDirectory string   `json:"workingDirectory"`
	Runner           string   `json:"runner"` // digest
	Components       []Inputs `json:"components"`
}

// Digest is how parameter values and texts are remembered.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Memory is the last build of a recipe, or nothing.
type Memory struct{ last *Build }

// Load reads the last build of a recipe (by its normal name) for a platform. Nothing remembered is no error; a file
// that cannot be read counts as nothing remembered.
func Load(folder, recipe, platform string) Memory {
	var last Build
	if !notes.Read(path(folder, recipe, platform), &last) {
		return Memory{}
	}
	return Memory{last: &last}
}

// Save remembers a build. The file is replaced in one step.
func Save(folder, recipe, platform string, b Build) error {
	return notes.Write(path(folder, recipe, platform), b)
}

func path(folder, recipe, platform string) string {
	return filepath.Join(folder, recipe, strings.ReplaceAll(platform, "/", "-")+".json")
}

// Explain says why component i of now ran. ran is the first component that ran in this build, and so the one that
// makes all behind it run. before is an instruction of the template that ran before the components, if one did.
func (m Memory) Explain(now Build, i, ran int, before string) string {
	if ran < i {
		return fmt.Sprintf("component %q before it ran again", now.Components[ran].Component)
	}
	if m.last == nil {
		return "first build of this recipe"
	}
	if reason := m.changedBase(now); reason != "" {
		return reason
	}
	if reason := m.changedOrder(now, i); reason != "" {
		return reason
	}
	if reason := changedInputs(m.last.Components[i], now.Components[i]); reason != "" {
		return reason
	}
	if before != "" {
		return fmt.Sprintf("the template's instruction %q before it ran again: what it reads changed", before)
	}
	switch m.last.Components[i].Outcome {
	case Failed:
		return "it failed the last time"
	case Interrupted:
		return "it was interrupted the last time"
	case NotRun:
		return "the last build ended before it"
	default:
		return "nothing changed, but the builder does not have its result any more: its cache was pruned, or it is another builder"
	}
}

func (m Memory) changedBase(now Build) string {
	switch {
	case m.last.Parent != now.Parent:
		return fmt.Sprintf("the parent image changed from %s to %s", short(m.last.Parent), short(now.Parent))
	case m.last.Template != now.Template:
		return "the Dockerfile template before the components changed"
	case m.last.Runner != now.Runner:
		return "slipway has a new runner"
	case m.last.WorkingDirectory != now.WorkingDirectory:
		return fmt.Sprintf("the working directory changed from %q to %q", m.last.WorkingDirectory, now.WorkingDirectory)
	default:
		return ""
	}
}

// changedOrder compares the lists of components up to i.
func (m Memory) changedOrder(now Build, i int) string {
	for n := range i + 1 {
		name := now.Components[n].Component
		if n < len(m.last.Components) && m.last.Components[n].Component == name {
			continue
		}
		known := slices.ContainsFunc(m.last.Components, func(c Inputs) bool { return c.Component == name })
		if known {
			return "the order of the components changed"
		}
		if n == i {
			return "it is new in the recipe"
		}
		return fmt.Sprintf("component %q before it is new in the recipe", name)
	}
	return ""
}

func changedInputs(last, now Inputs) string {
	if last.Document != now.Document {
		return fmt.Sprintf("its document changed from %s to %s", short(last.Document), short(now.Document))
	}
	names := map[string]bool{}
	for name := range last.Parameters {
		names[name] = true
	}
	for name := range now.Parameters {
		names[name] = true
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if last.Parameters[name] != now.Parameters[name] {
			changed = append(changed, name)
		}
	}
	switch len(changed) {
	case 0:
		return ""
	case 1:
		return "parameter " + changed[0] + " changed"
	default:
		return "parameters " + strings.Join(changed, ", ") + " changed"
	}
}

// short is a digest as people compare it.
func short(digest string) string {
	const length = len("sha256:") + 12
	switch {
	case digest == "":
		return "scratch"
	case len(digest) > length:
		return digest[:length]
	default:
		return digest
	}
}
