package cli

import (
	"cmp"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/release"
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
	_, err := io.WriteString(w, release.Line(v.Version, v.Commit))
	return err
}

// versionOf is the version of this program: what the linker set when a release was built, otherwise what the build recorded.
func versionOf(info *debug.BuildInfo) versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), Platform: release.Platform}
	if info != nil {
		v.read(info)
	}
	v.Version, v.Commit = cmp.Or(release.Version, v.Version), cmp.Or(release.Commit, v.Commit)
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
