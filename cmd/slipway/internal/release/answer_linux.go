package release

import (
	"syscall"

	"github.com/slipway-oci/slipway/builder/early"
)

func init() {
	if asked(early.Args()) && Version != "" && write(Line(Version, Commit)) {
		syscall.Exit(0)
	}
}

// asked reports whether a command line asks for the version and nothing else.
func asked(args []string) bool { return len(args) == 2 && args[1] == "version" }

// write writes to stdout. What goes wrong there is for others to report.
func write(text string) bool {
	n, err := syscall.Write(syscall.Stdout, []byte(text))
	return err == nil && n == len(text)
}
