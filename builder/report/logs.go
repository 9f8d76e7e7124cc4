package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/builder/event"
)

// Log is the log folder of one component.
type Log struct {
	Step      string // workflow step, "ApplyBuildComponents"
	Index     int    // position in the recipe, from 1
	Component string // normal form of its name
	Dir       string
}

// Console is the complete log of the component for people.
func (l Log) Console() string { return filepath.Join(l.Dir, "console.log") }

// Logs returns the log folders by stage, then by position in the recipe.
func (r Record) Logs() ([]Log, error) {
	var logs []Log
	for _, stage := range []event.Stage{event.StageBuild, event.StageTest, StageHostTest} {
		dir := filepath.Join(r.Dir, StepName(stage))
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the logs of run %s: %w", r.ID, err)
		}
		first := len(logs)
		for _, e := range entries {
			number, name, ok := strings.Cut(e.Name(), "-")
			index, err := strconv.Atoi(number)
			if err != nil || !ok || !e.IsDir() {
				continue
			}
			logs = append(logs, Log{Step: StepName(stage), Index: index, Component: name, Dir: filepath.Join(dir, e.Name())})
		}
		sort.SliceStable(logs[first:], func(i, j int) bool { return logs[first+i].Index < logs[first+j].Index })
	}
	return logs, nil
}
