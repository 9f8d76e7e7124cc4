// Package plan makes a Plan of a recipe: everything looked up and decided, so that after it no reference is resolved
// again and two builds of one plan run the same thing. Entry point is New. It reaches images and components only
// through the interfaces in its Options, and runs nothing.
package plan

import (
	"slices"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

// Plan says what one build does. It is not changed after New; WithBuild gives a copy. Its JSON form is the output of
// `slipway plan --format json`: fields are only ever added, and it holds no secret values. It leaves out the documents
// and what Template knows beyond its text, so it is for reading, not for running.
type Plan struct {
	Recipe Recipe `json:"recipe"`
	// Context is the folder that COPY and ADD of the template read, the folder of the recipe file.
	Context          string           `json:"context"`
	Parent           Parent           `json:"parent"`
	OS               string           `json:"os"`        // "Linux" or "Windows", the platform word of recipes and components
	Platforms        []Platform       `json:"platforms"` // in the order asked for, at least one
	WorkingDirectory string           `json:"workingDirectory"`
	OSVersion        string           `json:"osVersion,omitempty"` // imageOsVersionOverride; "" when it is to be detected
	Template         *recipe.Template `json:"template"`
	Components       []Component      `json:"components"` // recipe order
	Tests            bool             `json:"tests"`      // whether the test stage runs
	// TestTimeout is the limit of the whole test stage, in seconds.
	TestTimeout float64           `json:"testTimeout"`
	Reports     []Report          `json:"reports,omitempty"` // files that the run keeps
	Labels      map[string]string `json:"labels"`            // to set on the image; never one that the template sets
	Secrets     []string          `json:"secrets"`           // names that components or the template refer to, sorted
	Targets     []Target          `json:"targets"`
	Push        bool              `json:"push"` // whether to publish to Targets
	Budgets     *Budgets          `json:"budgets,omitempty"`
	Warnings    []string          `json:"warnings"`
}

// Report names files in the containers of the build that a run keeps, by a pattern.
type Report struct {
	Path string `json:"path"`
	Type string `json:"type"` // recipe.ReportFile or recipe.ReportJUnit
}

// Budgets are limits that the build fails on. They decide nothing of what is built.
type Budgets struct {
	Image     *recipe.Budget `json:"image,omitempty"`     // of everything that the build adds
	Component *recipe.Budget `json:"component,omitempty"` // of each component
}

// Recipe says what is built.
type Recipe struct {
	Name        string `json:"name"`
	Normal      string `json:"normal"` // the normal form of Name, as in the image store
	Version     string `json:"version"`
	Build       int    `json:"build,omitempty"` // 0 until WithBuild
	Description string `json:"description,omitempty"`
	File        string `json:"file"`
}

// Parent is the image that the build starts from.
type Parent struct {
	Written string `json:"written"` // as in the recipe
	Name    string `json:"name"`    // in full without a digest ("docker.io/library/debian:12"); as written for local images
	// Reference is where the image is: with the digest in the end, and with the path of a layout as this process opens it.
	Reference ref.Ref `json:"reference"`
	// Digest is that of the index, or of the image when there is no index; the image's id in a local engine; "" for scratch.
	Digest string `json:"digest,omitempty"`
	// Pinned stands for the parent in a Dockerfile. It is recipe.ParentContext, a named context that the engine has to
	// provide, when no registry has the image.
	Pinned string `json:"pinned"`
	// ImageSource is "CUSTOM", "AMAZON_MANAGED" or "IMPORTED".
	ImageSource string `json:"imageSource"`
}

// Platform is one platform to build for.
type Platform struct {
	Name   string `json:"name"`             // "linux/amd64", "linux/arm/v7"
	Digest string `json:"digest,omitempty"` // of the parent's image for it, as Parent.Digest; "" for scratch
}

// Component is one entry of the recipe's list with everything that decides what it does.
type Component struct {
	Index               int         `json:"index"`     // position in the recipe, from 1
	Reference           string      `json:"reference"` // as in the recipe
	Name                string      `json:"name"`
	Version             string      `json:"version"`
	Build               int         `json:"build,omitempty"` // 0 for a file
	Why                 string      `json:"why,omitempty"`   // why the reference means this version, where it leaves that open
	Type                string      `json:"type"`            // "BUILD" or "TEST"
	Digest              string      `json:"digest"`          // of Document
	Document            []byte      `json:"-"`               // the text; a printed plan has the digest only
	File                string      `json:"-"`               // of the document, where it is one
	Parameters          []Parameter `json:"parameters"`      // in the order of the document; those without a value are left out
	Phases              Phases      `json:"phases"`
	Secrets             []string    `json:"secrets,omitempty"` // names that its phases refer to, sorted
	SupportedOSVersions []string    `json:"supportedOsVersions,omitempty"`
	// NoCache says that the recipe wants it to run even if nothing changed.
	NoCache bool           `json:"noCache,omitempty"`
	Budget  *recipe.Budget `json:"budget,omitempty"` // of this entry alone
}

// Parameter is the final value of one parameter.
type Parameter struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"` // FromFlag, FromFile, FromRecipe or FromDefault
}

// Phases are the phases of a component by where they run, each list in document order.
type Phases struct {
	Build []string `json:"build,omitempty"` // build and validate, in the build stage
	Test  []string `json:"test,omitempty"`  // test, in a fresh container of the committed image
	Host  []string `json:"host,omitempty"`  // container-host-test, beside a running instance of the image
}

// Target is one place to publish to.
type Target struct {
	Repository string `json:"repository"` // with its registry
	Tag        string `json:"tag"`        // "" for the default tag as long as there is no build number
}

// String gives the reference of the target, or its repository as long as the tag is not known.
func (t Target) String() string {
	if t.Tag == "" {
		return t.Repository
	}
	return t.Repository + ":" + t.Tag
}

// WithBuild gives the plan with its build number, which makes the default tags. The number decides nothing else: the
// digest of the image, and Digest, stay the same.
func (p *Plan) WithBuild(number int) *Plan {
	numbered := *p
	numbered.Recipe.Build = number
	numbered.Targets = slices.Clone(p.Targets)
	for i, t := range numbered.Targets {
		if t.Tag == "" {
			numbered.Targets[i].Tag = defaultTag(p.Recipe.Version, number)
		}
	}
	return &numbered
}

// BuildStage gives the components that run before the commit, in order.
func (p *Plan) BuildStage() []Component {
	return p.having(func(c Component) bool { return len(c.Phases.Build) > 0 })
}

// TestStage gives the components with a test phase in the order of execution: build components, then test components.
// It is empty when tests are off.
func (p *Plan) TestStage() []Component {
	return byType(p.having(func(c Component) bool { return p.Tests && len(c.Phases.Test) > 0 }))
}

// HostStage gives the components with a container-host-test phase, in the order of TestStage.
func (p *Plan) HostStage() []Component {
	return byType(p.having(func(c Component) bool { return p.Tests && len(c.Phases.Host) > 0 }))
}

func (p *Plan) having(claim func(Component) bool) []Component {
	var list []Component
	for _, c := range p.Components {
		if claim(c) {
			list = append(list, c)
		}
	}
	return list
}

func byType(list []Component) []Component {
	slices.SortStableFunc(list, func(a, b Component) int { return rank(a) - rank(b) })
	return list
}

func rank(c Component) int {
	if c.Type == "TEST" {
		return 1
	}
	return 0
}

// Values gives the final parameters by name.
func (c Component) Values() map[string]string {
	values := make(map[string]string, len(c.Parameters))
	for _, p := range c.Parameters {
		values[p.Name] = p.Value
	}
	return values
}
