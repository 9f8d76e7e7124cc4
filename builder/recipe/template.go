package recipe

// DefaultTemplate is the Dockerfile template of a recipe without one.
const DefaultTemplate = `FROM {{{ imagebuilder:parentImage }}}
{{{ imagebuilder:environments }}}
{{{ imagebuilder:components }}}
`

// Template is a Dockerfile template, checked and split at its components.
type Template struct {
	// Text is the template as written.
	Text string `json:"text"`
	// Trivial says that the template is a FROM of the parent and the components, nothing else: no Dockerfile has to
	// be built for it, unless the parent has ONBUILD triggers.
	Trivial bool `json:"trivial"`
}
