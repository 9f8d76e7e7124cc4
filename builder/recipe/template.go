package recipe

import (
	"strings"
)

// DefaultTemplate is the Dockerfile template of a recipe without one.
const DefaultTemplate = `FROM {{{ imagebuilder:parentImage }}}
{{{ imagebuilder:environments }}}
{{{ imagebuilder:components }}}
`

// ComponentsContext is the named build context by which the suffix of a template takes up the file system and the
// image config that the components left.
const ComponentsContext = "slipway-components"

// ParentContext is the named build context that stands for a parent image which no registry has.
const ParentContext = "slipway-parent"

// reservedPrefix is that of the names which no stage of a template may have: a named context would take its place.
const reservedPrefix = "slipway-"

// Template is a Dockerfile template, checked and split at its components. Render and Dockerfile give the Dockerfiles
// in it. It is not changed after ParseTemplate.
type Template struct {
	// Text is the template as written.
	Text string `json:"text"`
	// Trivial says that the template is a FROM of the parent and the components, nothing else: no Dockerfile has to
	// be built for it, unless the parent has ONBUILD triggers.
	Trivial bool `json:"trivial"`
	// HasComponents says that the template has the components variable. Without it, the prefix is the whole Dockerfile.
	HasComponents bool `json:"hasComponents"`
	// Target names the stage on whose file system the components run, the last one of the prefix. It is empty when the
	// template gives the stage no name.
	Target string `json:"target,omitempty"`
	// OnlyParent says that nothing but a FROM of the parent stands in front of the components.
	OnlyParent bool `json:"onlyParent"`
	// Base is what that stage starts from when it is not the parent, as written; chains of FROM are followed.
	Base string `json:"base,omitempty"`
	// Args are the build arguments that steps see in their environment, in order. See BuildArgs.
	Args []Arg `json:"args,omitempty"`
	// LabelKeys are the labels that the template sets on the image, sorted.
	LabelKeys []string `json:"labelKeys,omitempty"`
	// SecretIDs are the secrets that instructions of the template mount, sorted.
	SecretIDs []string `json:"secretIds,omitempty"`
	// UsesContext says that an instruction may read the folder of the recipe file.
	UsesContext bool `json:"usesContext"`

	file           string // see Place
	first          int
	user           string // see User
	escape         rune
	whole          []string // lines with their ends, the variables still in them
	prefix, suffix []string // as whole; suffix is nil when nothing stands behind the components
	parents        map[int]bool
	componentsLine int // index into whole, -1 without components
}

// Dockerfile is a Template for one parent, in the two parts that the engine builds.
type Dockerfile struct {
	// Prefix is the template up to the components. Its last stage is to be built, and is named Target when it has a
	// name. All lines are where they are in the template.
	Prefix string
	Target string
	// Suffix holds what comes behind the components, and is empty when that is nothing. The stage with the components
	// begins with FROM ComponentsContext in it, in the line of its own FROM; the other stages are as they were, and
	// every other line is where it is in the template or blank. In the line of the components variable stands an ARG
	// with all build arguments of that stage, which a FROM forgets. For the same reason its CMD and ONBUILD
	// instructions are there again, so the image config that is handed over must have no ONBUILD triggers.
	Suffix string
}

// Place gives the file that the template is in, as messages name it, and the number of its first line there.
func (t *Template) Place() (file string, first int) { return t.file, t.first }

// User is the one that the last USER before the components names, as written, "" when there is none.
func (t *Template) User() string { return t.user }

// Render gives the two Dockerfiles with parent in place of the parentImage variable.
func (t *Template) Render(parent string) Dockerfile {
	return Dockerfile{
		Prefix: t.substitute(t.prefix, parent),
		Target: t.Target,
		Suffix: t.substitute(t.suffix, parent),
	}
}

// Whole gives the template as one Dockerfile, with parent and components in place of their variables. Lines behind
// the components move when components is more than one line.
func (t *Template) Whole(parent, components string) string {
	lines := append([]string(nil), t.whole...)
	if t.componentsLine >= 0 {
		lines[t.componentsLine] = strings.TrimRight(components, "\n") + lineEnd(lines[t.componentsLine])
	}
	return t.substitute(lines, parent)
}

// substitute joins lines; those that name the parent get it. Lines of components text are never looked into.
func (t *Template) substitute(lines []string, parent string) string {
	var b strings.Builder
	for i, line := range lines {
		if t.parents[i] {
			line = variable().ReplaceAllStringFunc(line, func(match string) string {
				if variableName(match) == parentImage {
					return parent
				}
				return match
			})
		}
		b.WriteString(line)
	}
	return b.String()
}

func lineEnd(line string) string {
	return line[len(strings.TrimRight(line, "\r\n")):]
}

// blank keeps a line's end only, so that later lines keep their numbers.
func blank(line string) string { return lineEnd(line) }
