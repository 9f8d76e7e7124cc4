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

// version is set by the linker when a release is built; otherwise the version control system is asked.
var version string

type versionInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func runVersion(w io.Writer, v versionInfo, format *option.Format) error {
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

// versionOf is the version of this program, from what the build recorded.
func versionOf(info *debug.BuildInfo) versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info != nil {
		v.read(info)
	}
	if version != "" {
		v.Version = version
	}
	return v
}

func (v *versionInfo) read(info *debug.BuildInfo) {
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
}
