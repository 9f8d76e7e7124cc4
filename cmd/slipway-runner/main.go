// Command slipway-runner runs and validates component documents. It is the program that slipway puts into build
// containers, and on its own a stand-in for awstoe: called by that name it does the same.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/slipway-oci/slipway/runner/command"
)

// version is set by the release build; without it the module's version counts.
var version string

func main() {
	os.Exit(command.Main(context.Background(), command.Process{
		Version: versionOf(version), Environ: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr,
	}, os.Args))
}

func versionOf(set string) string {
	if set != "" {
		return set
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
