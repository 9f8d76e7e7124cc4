package file

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// checkWildcard is the static check of an input that takes a wildcard in its last segment.
func checkWildcard(text string) error {
	_, _, _, err := action.SplitWildcard(text)
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
		return nil, action.PathError("reading folder", folder, err)
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
