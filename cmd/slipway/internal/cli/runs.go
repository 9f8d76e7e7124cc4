package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/builder/result"
)

func (a *app) runsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "Look at past builds",
		Long: "Look at past builds: each leaves a run with its events, its result and the complete logs of its components.\n" +
			"RUN is an id, the beginning of one, or \"latest\".",
		Example: "  slipway runs list\n  slipway runs logs latest",
	}
	cmd.AddCommand(a.runsListCmd(), a.runsShowCmd(), a.runsLogsCmd(), a.runsReportCmd(), a.runsPruneCmd())
	return group(cmd)
}

func (a *app) runsFolder() (string, error) {
	f, err := a.folders()
	return f.Runs(), err
}

// runView is a run as JSON.
type runView struct {
	ID        string        `json:"runId"`
	Status    report.State  `json:"status"`
	Recipe    result.Recipe `json:"recipe"`
	StartTime time.Time     `json:"startTime"`
	Duration  float64       `json:"duration,omitempty"` // seconds; absent while there is no result
	Stage     string        `json:"stage,omitempty"`
	Digest    string        `json:"digest,omitempty"`
	Folder    string        `json:"runFolder"`
}

// viewRun reads what a list of runs tells. A run without a result names its recipe by its first event.
func viewRun(r report.Record) runView {
	v := runView{ID: r.ID, Status: r.State, StartTime: r.Started(), Folder: r.Dir}
	if res, err := r.Result(); err == nil {
		v.Recipe, v.Stage, v.Duration = res.Recipe, res.Stage, time.Duration(res.Timings.Total).Seconds()
		if res.Image != nil {
			v.Digest = res.Image.Digest
		}
		return v
	}
	for e, err := range r.Events() {
		if err != nil || e.Type == event.BuildStart {
			v.Recipe.Name = e.Recipe
			v.Recipe.Version, _, _ = strings.Cut(e.Version, "/") // the rest is the build number
			break
		}
	}
	return v
}

// completeRuns offers the ids of runs to the shell.
func (a *app) completeRuns(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	dir, err := a.runsFolder()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	records, err := report.List(dir)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ids := []string{report.Latest}
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
