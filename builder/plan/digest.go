package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// decisive is what decides the result of a build, in a fixed order for Digest.
type decisive struct {
	Recipe, Version, Description string
	Parent, Pinned               string
	OS, OSVersion                string
	Platforms                    []Platform
	WorkingDirectory             string
	Template                     string
	Components                   []decisiveComponent
	Tests                        bool
	Labels                       map[string]string
}

type decisiveComponent struct {
	ID, Digest string
	Parameters [][2]string
	Phases     Phases
}

// Digest is one value for everything in the plan that decides what is built and tested: plans with one digest do the
// same. The build number, targets, paths and warnings are left out, and so are secret values and the content of the
// context folder, which a plan does not know.
func (p *Plan) Digest() string {
	d := decisive{
		Recipe: p.Recipe.Name, Version: p.Recipe.Version, Description: p.Recipe.Description,
		Parent: p.Parent.Name, Pinned: p.Parent.Digest,
		OS: p.OS, OSVersion: p.OSVersion, Platforms: p.Platforms,
		WorkingDirectory: p.WorkingDirectory, Template: p.Template.Text, Tests: p.Tests, Labels: p.Labels,
	}
	for _, c := range p.Components {
		dc := decisiveComponent{ID: c.ID(), Digest: c.Digest, Phases: c.Phases}
		for _, v := range c.Parameters {
			dc.Parameters = append(dc.Parameters, [2]string{v.Name, v.Value})
		}
		d.Components = append(d.Components, dc)
	}
	data, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("plan: %v", err)) // strings, numbers, lists and maps of strings always encode
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// WriteJSON writes the plan as `slipway plan --format json` shows it. One plan gives the same bytes every time.
func (p *Plan) WriteJSON(w io.Writer) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}
