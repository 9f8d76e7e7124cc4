package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) versionCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Show the version of slipway",
		Example: "  slipway version\n  slipway version --format json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			return runVersion(cmd.OutOrStdout(), versionOf(info), &format)
		},
	}
	format.AddFlags(cmd.Flags())
	return cmd
}

type version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func runVersion(w io.Writer, v version, format *option.Format) error {
	if format.JSON() {
		return display.WriteJSON(w, v)
	}
	commit := ""
	if v.Commit != "" {
		commit = " commit " + v.Commit[:min(len(v.Commit), 12)]
	}
	_, err := fmt.Fprintf(w, "slipway %s%s %s %s\n", v.Version, commit, v.Go, v.Platform)
	return err
}

// versionOf reads what the Go linker recorded.
func versionOf(info *debug.BuildInfo) version {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
