package workflow

// Workflow is one of the parts that an image's way consists of.
type Workflow struct {
	Name, Type string
	Steps      []Step
}

// Step is a step of a workflow.
type Step struct{ Name, Action string }

// The names of steps.
const (
	ResolveInputs          = "ResolveInputs"
	PrepareBuilder         = "PrepareBuilder"
	ApplyBuildComponents   = "ApplyBuildComponents"
	SanitizeContainer      = "SanitizeContainer"
	CommitImage            = "CommitImage"
	CollectImageMetadata   = "CollectImageMetadata"
	LaunchTestContainer    = "LaunchTestContainer"
	ApplyTestComponents    = "ApplyTestComponents"
	ApplyHostTests         = "ApplyContainerHostTests"
	TerminateTestContainer = "TerminateTestContainer"
	DistributeImage        = "DistributeImage"
)

// The workflows in the order in which they run.
var (
	Build = Workflow{"build-container", "BUILD", []Step{
		{ResolveInputs, "ResolveInputs"},
		{PrepareBuilder, "BootstrapInstanceForContainer"},
		{ApplyBuildComponents, "ExecuteComponents"},
		{SanitizeContainer, "SanitizeInstance"},
		{CommitImage, "CreateImage"},
		{CollectImageMetadata, "CollectImageMetadata"},
	}}
	Test = Workflow{"test-container", "TEST", []Step{
		{LaunchTestContainer, "LaunchInstance"},
		{ApplyTestComponents, "ExecuteComponents"},
		{ApplyHostTests, "ExecuteComponents"},
		{TerminateTestContainer, "TerminateInstance"},
	}}
	Distribution = Workflow{"distribute-container", "DISTRIBUTION", []Step{{DistributeImage, "DistributeImage"}}}
)

// action is that of a step, "" for one that the workflow does not have.
func (w Workflow) action(name string) string {
	for _, s := range w.Steps {
		if s.Name == name {
			return s.Action
		}
	}
	return ""
}
