package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/artifact"
	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/registry"
)

func (a *app) componentVersionsCmd() *cobra.Command {
	var o pageOptions
	var registries option.Registry
	cmd := &cobra.Command{
		Use:   "versions [flags] [REFERENCE]",
		Short: "List the builds of a component, the newest first",
		Long: "List the builds of a component, the newest first. REFERENCE is NAME, NAME/1.x.x or NAME/1.2.3 (default: everything),\n" +
			"or [oci://]REGISTRY/REPOSITORY for the versions that a registry has.",
		Example: "  slipway component versions nginx\n  slipway component versions nginx/1.x.x --format wide\n" +
			"  slipway component versions oci://localhost:5000/components/nginx",
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if inRegistry(optionalArg(args)) {
				client := registries.Client(nil)
				defer client.Close()
				return runRegistryVersions(cmd.Context(), client, args[0], &o, cmd.OutOrStdout())
			}
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				page, err := s.Builds(ctx, library.BuildsRequest{Reference: optionalArg(args), Limit: o.limit, Next: o.next})
				if err != nil {
					return err
				}
				a.warnOfSupport(s, page.Components...)
				o.more(a.Stderr, page.Next)
				return writeBuilds(cmd.OutOrStdout(), s, page, &o)
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	o.AddFlags(cmd.Flags())
	registries.AddFlags(cmd.Flags())
	return cmd
}

// hostFirst matches what has a host before its first slash, which no name of a component has.
var hostFirst = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?|[A-Za-z0-9-]+:[0-9]+)/`)
})

// inRegistry reports whether a reference is that of a repository, which may be written without its scheme.
func inRegistry(reference string) bool {
	return strings.HasPrefix(reference, artifact.Scheme) || hostFirst().MatchString(reference)
}

// registryVersion is a version that a registry has, as JSON.
type registryVersion struct {
	Version   string `json:"version"`
	Reference string `json:"reference"`
}

// runRegistryVersions lists the versions in a repository. A tag with open nodes keeps those that it matches.
func runRegistryVersions(ctx context.Context, client *registry.Client, reference string, o *pageOptions, w io.Writer) error {
	r, err := artifact.Parse(reference)
	if err != nil {
		return err
	}
	versions, err := artifact.Versions(ctx, client, r)
	if err != nil {
		return err
	}
	views := []registryVersion{}
	var rows [][]string
	for _, v := range versions {
		if o.limit > 0 && len(views) == o.limit {
			break
		}
		tagged, err := r.WithTag(v.Tag)
		if err != nil {
			return err
		}
		views = append(views, registryVersion{v.Tag, artifact.Scheme + tagged.String()})
		rows = append(rows, []string{v.Tag, artifact.Scheme + tagged.String()})
	}
	if o.JSON() {
		return display.WriteJSON(w, views)
	}
	return writeTable(w, []string{"VERSION", "REFERENCE"}, rows)
}

// buildsView is a list of builds as JSON.
type buildsView struct {
	Components []componentView `json:"componentSummaryList"`
	Next       string          `json:"nextToken,omitempty"`
}

func writeBuilds(w io.Writer, s shelf, page library.ListPage, o *pageOptions) error {
	view := buildsView{Components: []componentView{}, Next: page.Next}
	heading := []string{"COMPONENT", "STATE", "CREATED", "CHANGE"}
	if o.Is("wide") {
		heading = append(heading, "TYPE", "PLATFORM", "DIGEST", "TAGS", "REASON")
	}
	var rows [][]string
	for _, c := range page.Components {
		view.Components = append(view.Components, s.view(c))
		row := []string{c.Short(), c.State, when(c.Created), c.ChangeDescription}
		if o.Is("wide") {
			row = append(row, c.Type, c.Platform, shortDigest(c.Digest), tagsText(c.Tags), c.Reason)
		}
		rows = append(rows, row)
	}
	if o.JSON() {
		return display.WriteJSON(w, view)
	}
	return writeTable(w, heading, rows)
}

// tagsText writes tags in one line.
func tagsText(tags map[string]string) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		words = append(words, fmt.Sprintf("%s=%s", key, tags[key]))
	}
	return strings.Join(words, ",")
}
