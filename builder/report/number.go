package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

const numbersDir = ".builds" // beside the run folders: the last build number of each recipe version

// NextBuild takes the next build number of a version of a recipe, given by its normal name, from 1. Numbers are never
// given twice, also not after runs were removed, and not to two processes.
func NextBuild(dir, recipe, version string) (int, error) {
	folder := filepath.Join(dir, numbersDir, folderPart(recipe))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, fmt.Errorf("take a build number: %w", err)
	}
	path := filepath.Join(folder, folderPart(version))
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil {
		return 0, fmt.Errorf("take a build number: %w", err)
	}
	defer func() { _ = lock.Close() }()
	last := 0
	data, err := os.ReadFile(path)
	if err == nil {
		last, err = strconv.Atoi(strings.TrimSpace(string(data)))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read the last build number: %w", err)
	}
	if err := writeFile(path, []byte(strconv.Itoa(last+1)+"\n")); err != nil {
		return 0, fmt.Errorf("take a build number: %w", err)
	}
	return last + 1, nil
}
