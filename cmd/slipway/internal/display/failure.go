package display

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

// Outcome is a build that did not succeed.
type Outcome struct {
	Err    error
	Result *result.Result // nil when nothing was run
	Steps  []Failure
	Logs   []string // paths of the complete logs
}

// WriteFailure writes why a build did not succeed: the error, the step that failed with the end of its output, where
// the complete log is, and what to do next.
func WriteFailure(w io.Writer, o Outcome, style Style) {
	flat := Flatten(o.Err)
	for _, e := range flat {
		writeLabelled(w, style, red, "Error: ", e.Error())
	}
	for _, s := range o.Steps {
		if strings.Contains(o.Err.Error(), s.Message) {
			s.Message = "" // said already
		}
		writeFailedStep(w, s, style)
	}
	for _, path := range o.Logs {
		writeLabelled(w, style, dim, "Log:   ", path)
	}
	seen := map[string]bool{}
	for _, e := range flat {
		for _, h := range Hints(e) {
			if !seen[h] {
				seen[h] = true
				writeLabelled(w, style, cyan, "Hint:  ", h)
			}
		}
	}
	if o.Result != nil {
		for _, c := range nextCommands(o.Result) {
			writeLabelled(w, style, cyan, "Next:  ", c)
		}
	}
}

func writeFailedStep(w io.Writer, s Failure, style Style) {
	parts := []string{fmt.Sprintf("component %s, phase %s, step %s", s.Component, s.Phase, s.Step)}
	if s.Action != "" {
		parts[0] += " (" + s.Action + ")"
	}
	if s.Platform != "" {
		parts = append([]string{s.Platform}, parts...)
	}
	if s.ExitCode != nil {
		parts = append(parts, fmt.Sprintf("exit code %d", *s.ExitCode))
	}
	if s.Attempt > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", s.Attempt))
	}
	if s.Duration > 0 {
		parts = append(parts, "after "+Duration(s.Duration))
	}
	text := strings.Join(parts, ", ")
	if message := reason(s.Message, s.ExitCode); message != "" {
		text += "\n" + message
	}
	writeLabelled(w, style, bold, "Step:  ", text)
	for _, l := range s.Output {
		_, _ = fmt.Fprintf(w, "       %s %s\n", style.paint(dim, "|"), Clean(l))
	}
}

// FailedLogs are the paths at which the complete logs of the components that failed are, if there are any.
func FailedLogs(res *result.Result) []string {
	var paths []string
	for _, list := range [][]result.Component{res.Components, res.Tests} {
		for _, c := range list {
			if c.Status != "failed" || c.LogFolder == "" {
				continue
			}
			dir := filepath.FromSlash(c.LogFolder)
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(res.RunFolder, dir)
			}
			paths = append(paths, filepath.Join(dir, "console.log"))
		}
	}
	return paths
}

// nextCommands are the commands that lead on from a failure.
func nextCommands(res *result.Result) []string {
	var commands []string
	if res.Image != nil && res.Image.Reference != "" {
		for _, t := range res.Targets {
			if t.Status == "failed" || t.Status == "skipped" && res.Stage == "publish" {
				commands = append(commands, fmt.Sprintf("slipway image push %s%s %s", untested(res), res.Image.Reference, t.Reference))
			}
		}
	}
	if len(commands) == 0 && res.RunID != "" && res.Status == result.Failed {
		commands = append(commands, "slipway runs logs "+res.RunID)
	}
	return append(commands, debugCommand(res)...)
}

// debugCommand enters the state that the failed component left, or builds so that it is kept.
func debugCommand(res *result.Result) []string {
	switch {
	case res.Kept:
		return []string{"slipway shell " + res.RunID}
	case res.Error == nil || res.Error.Component == "" || res.Stage != string(event.StageBuild) && res.Stage != string(event.StageTest):
		return nil
	case res.Recipe.File != "":
		return []string{"slipway build --keep-failed " + quoteArgument(res.Recipe.File) + ", then slipway shell latest"}
	default:
		return nil
	}
}

// quoteArgument writes a path as one word of a command line.
func quoteArgument(path string) string {
	if strings.ContainsAny(path, " '\"$`\\*?()&;<>|") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// untested is the flag that a push of an image without tests needs.
func untested(res *result.Result) string {
	if len(res.Tests) > 0 {
		return ""
	}
	return "--untested "
}
