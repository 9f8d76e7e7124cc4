// Package release holds what the build of a release says of itself. On Linux it answers `slipway version` before the other
// packages of the program are initialized, which takes longer than all else that this command does.
package release

import "runtime"

// Version is set by the linker when a release is built, and is empty otherwise.
var Version string

// Commit is the revision that Version was built from, also set by the linker.
var Commit string

// Line is how a version is shown; commit may be empty.
func Line(version, commit string) string {
	if commit != "" {
		commit = " commit " + commit[:min(len(commit), 12)]
	}
	return "slipway " + version + commit + " " + runtime.Version() + " " + Platform + "\n"
}

// Platform is what the program was built for, such as "linux/amd64".
const Platform = runtime.GOOS + "/" + runtime.GOARCH
