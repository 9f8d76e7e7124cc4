package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

var errMiddleWildcard = errors.New("a wildcard is allowed in the last segment of a path only")

// splitWildcard splits a path, as the user wrote it, into the folder and the name of its last segment, and reports
// whether the name holds a wildcard. A wildcard in the folder is an error.
func splitWildcard(path string) (folder, name string, wild bool, err error) {
	trimmed := withoutMark(path)
	folder, name = filepath.Split(trimmed)
	if strings.Contains(folder, "*") {
		return "", "", false, fmt.Errorf("%q: %w", path, errMiddleWildcard)
	}
	return folder, name, strings.Contains(name, "*"), nil
}

// checkWildcard is the static check of an input that takes a wildcard in its last segment.
func checkWildcard(text string) error {
	_, _, _, err := splitWildcard(text)
	return err
}

// checkNoWildcard is the static check of an input that must name one thing.
func checkNoWildcard(text string) error {
	if strings.Contains(text, "*") {
		return fmt.Errorf("%q: a wildcard is not allowed here", text)
	}
	return nil
}

// expand returns the entries of folder whose names fit pattern, in byte order.
func expand(ctx context.Context, folder, pattern string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, failed("reading folder", folder, err)
	}
	var found []os.DirEntry
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if action.Matches(pattern, e.Name()) {
			found = append(found, e)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name() < found[j].Name() })
	return found, nil
}
