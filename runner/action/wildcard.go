package action

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Matches reports whether name fits pattern, in which only "*" is special: it stands for any characters.
func Matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	rest := name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return true
}

var errMiddleWildcard = errors.New("a wildcard is allowed in the last segment of a path only")

// SplitWildcard splits a path, as the user wrote it, into the folder, with its separator, and the name of its last
// segment, and reports whether the name holds a wildcard. Separators at the end are left out; a wildcard in the folder
// is an error.
func SplitWildcard(path string) (folder, name string, wild bool, err error) {
	trimmed := path
	for len(trimmed) > 1 && os.IsPathSeparator(trimmed[len(trimmed)-1]) {
		trimmed = trimmed[:len(trimmed)-1]
	}
	folder, name = filepath.Split(trimmed)
	if strings.Contains(folder, "*") {
		return "", "", false, fmt.Errorf("%q: %w", path, errMiddleWildcard)
	}
	return folder, name, strings.Contains(name, "*"), nil
}
