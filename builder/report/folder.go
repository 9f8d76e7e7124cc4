package report

import (
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/builder/event"
)

// StageHostTest is the stage to give to LogFolder for the container-host-test phases, which have a log folder of
// their own beside the one of the test phases.
const StageHostTest event.Stage = "container-host-test"

// StepName is the name of the workflow step in which the components of a stage run; it names their log folder.
func StepName(stage event.Stage) string {
	switch stage {
	case event.StageBuild:
		return "ApplyBuildComponents"
	case event.StageTest:
		return "ApplyTestComponents"
	case StageHostTest:
		return "ApplyContainerHostTests"
	default:
		return folderPart(string(stage))
	}
}

// folderName is NN-<component> with the component's name in its normal form.
func folderName(index int, component string) string {
	return fmt.Sprintf("%02d-%s", index, folderPart(component))
}

// folderPart makes a name fit for one path element on every system: the normal form of names (lower case, "-" for
// space and "_"), then "-" for everything that is not a letter, a digit or a dot inside.
func folderPart(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' {
			b.WriteRune(r)
		} else {
			b.WriteByte('-')
		}
		if b.Len() >= 128 {
			break
		}
	}
	part := strings.Trim(b.String(), ".")
	if part == "" {
		return "unnamed"
	}
	return part
}
