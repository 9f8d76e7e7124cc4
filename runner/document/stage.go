package document

// Type is the type of a component by what its document holds.
type Type string

// The component types.
const (
	TypeBuild Type = "BUILD"
	TypeTest  Type = "TEST" // runs in the test stage only
)

// Type returns TypeTest for a document whose one phase is "test", and TypeBuild for every other.
func (d *Document) Type() Type {
	if len(d.Phases) == 1 && d.Phases[0].Name == "test" {
		return TypeTest
	}
	return TypeBuild
}

// Phase returns the named phase.
func (d *Document) Phase(name string) (Phase, bool) {
	for _, p := range d.Phases {
		if p.Name == name {
			return p, true
		}
	}
	return Phase{}, false
}

// Group is a set of phases that can share a process. Phases of different groups never do in the container workflow.
type Group int

// The groups of phases.
const (
	NoGroup       Group = iota // custom phases, which the workflow never runs by itself
	BuildGroup                 // build, validate
	TestGroup                  // test
	HostTestGroup              // container-host-test
)

// GroupOf returns the group of the named phase.
func GroupOf(phase string) Group {
	switch phase {
	case "build", "validate":
		return BuildGroup
	case "test":
		return TestGroup
	case "container-host-test":
		return HostTestGroup
	}
	return NoGroup
}
