// Package file holds the action modules for files and folders, one file each. A path is what the operating system
// makes of it: nothing is expanded, and relative paths are taken against the request's working directory. Every
// module has a useful zero value.
package file

const family = "file"

var (
	everywhere = []string{"linux", "windows", "darwin"}
	unixOnly   = []string{"linux", "darwin"}
)
