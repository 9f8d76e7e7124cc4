package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// pageOptions are the flags of lists that come in pages.
type pageOptions struct {
	option.Format
	limit int
	next  string
}

func (o *pageOptions) AddFlags(fs *pflag.FlagSet) {
	o.Format.AddFlags(fs, "table", "wide")
	fs.IntVarP(&o.limit, "limit", "n", 0, "list at most `N` (0: all)")
	fs.StringVar(&o.next, "next", "", "go on where the list with this `TOKEN` ended")
}

// more tells how to go on.
func (o *pageOptions) more(w io.Writer, next string) {
	if next != "" && !o.JSON() {
		_, _ = fmt.Fprintf(w, "there is more: --next %s\n", next)
	}
}

type componentListOptions struct {
	pageOptions
	owner   string
	filters []string
	byName  bool
	ending  int
}

func (a *app) componentListCmd() *cobra.Command {
	var o componentListOptions
	cmd := &cobra.Command{
		Use:     "list [flags] [NAME...]",
		Aliases: []string{"ls"},
		Short:   "List the components in the store",
		Long: "List the components in the store, one line for each version, with its newest build. A filter has a name and\n" +
			"values of which one must match: name, version, type, platform, status, description (a part of it),\n" +
			"supportedOsVersion (a beginning), tag (KEY or KEY=VALUE) and tag:KEY.",
		Example: "  slipway component list\n  slipway component list --filter type=TEST --filter version=1.x.x --format wide\n" +
			"  slipway component list --filter status=DEPRECATED,DISABLED --filter tag:team=web\n" +
			"  slipway component list --limit 25 --format json",
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := o.request(args)
			if err != nil {
				return err
			}
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				if cmd.Flags().Changed("support-ending") {
					return runSupportEnding(ctx, s, o, cmd.OutOrStdout())
				}
				page, err := s.List(ctx, r)
				if err != nil {
					return err
				}
				a.warnOfSupport(s, page.Components...)
				o.more(a.Stderr, page.Next)
				return writeComponents(cmd.OutOrStdout(), s, page, o)
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	fs := cmd.Flags()
	o.AddFlags(fs)
	fs.StringVar(&o.owner, "owner", "Self", "`OWNER`: Self, Amazon, Shared or ThirdParty")
	fs.StringArrayVarP(&o.filters, "filter", "f", nil, "list those with `NAME=VALUE,...`, also as name=NAME,values=VALUE,...; repeatable")
	fs.BoolVar(&o.byName, "by-name", false, "one line for each name, with its newest version")
	fs.IntVar(&o.ending, "support-ending", 0, "list those whose support ends within `DAYS` (default 28), with the recipes that use them")
	fs.Lookup("support-ending").NoOptDefVal = "28"
	fs.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "filters" { // as in the AWS CLI
			name = "filter"
		}
		return pflag.NormalizedName(name)
	})
	offer(cmd, "owner", "Self", "Amazon", "Shared", "ThirdParty")
	_ = cmd.RegisterFlagCompletionFunc("filter", completeFilter)
	return cmd
}

func (o *componentListOptions) request(names []string) (library.ListRequest, error) {
	r := library.ListRequest{Owner: o.owner, ByName: o.byName, Limit: o.limit, Next: o.next}
	if o.limit < 0 {
		return r, usageError{fmt.Errorf("--limit %d is less than 0", o.limit), ""}
	}
	if len(names) > 0 {
		r.Filters = append(r.Filters, library.Filter{Name: "name", Values: names})
	}
	for _, text := range o.filters {
		f, err := parseFilter(text)
		if err == nil {
			err = checkFilter(f)
		}
		if err != nil {
			return r, err
		}
		r.Filters = append(r.Filters, f)
	}
	return r, nil
}

// parseFilter reads NAME=VALUE,VALUE or, as the AWS CLI writes it, name=NAME,values=VALUE,VALUE.
func parseFilter(text string) (library.Filter, error) {
	name, values, ok := strings.Cut(text, "=")
	if rest, found := strings.CutPrefix(text, "name="); found {
		if n, v, isAWS := strings.Cut(rest, ",values="); isAWS {
			name, values = n, v
		}
	}
	if !ok || name == "" || values == "" {
		return library.Filter{}, usageError{fmt.Errorf("--filter %q has no value", text), "write it as platform=Linux or name=platform,values=Linux"}
	}
	return library.Filter{Name: name, Values: strings.Split(values, ",")}, nil
}

// filterValues are those that filters with few values have.
var filterValues = map[string][]string{
	"platform": {"Linux", "Windows", "macOS"},
	"status":   {library.Active, library.Deprecated, library.Disabled},
	"type":     {"BUILD", "TEST"},
}

// checkFilter refuses a value that nothing can have, and writes the others as they are stored.
func checkFilter(f library.Filter) error {
	known := filterValues[f.Name]
	for i, v := range f.Values {
		at := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, v) })
		switch {
		case at >= 0:
			f.Values[i] = known[at]
		case len(known) > 0:
			return usageError{fmt.Errorf("filter %q: %q is not one of %s", f.Name, v, strings.Join(known, ", ")), near.Hint(v, known)}
		}
	}
	return nil
}

// componentsView is a list of components as JSON.
type componentsView struct {
	Components []componentView `json:"componentVersionList"`
	Next       string          `json:"nextToken,omitempty"`
}

func writeComponents(w io.Writer, s shelf, page library.ListPage, o componentListOptions) error {
	view := componentsView{Components: []componentView{}, Next: page.Next}
	var rows [][]string
	for _, c := range page.Components {
		v := s.view(c)
		v.ARN, v.Reference = s.VersionARN(c), strings.TrimSuffix(c.Short(), fmt.Sprintf("/%d", c.Build))
		if o.byName {
			v.ARN, v.Version, v.Build = s.NameARN(c), "", 0
			v.Reference = strings.TrimSuffix(v.Reference, "/"+c.Version.Text)
		}
		view.Components = append(view.Components, v)
		row := []string{c.Name, c.Version.Text, fmt.Sprint(c.Build), c.Type, c.Platform, c.State, when(c.Created)}
		if o.Is("wide") {
			row = append(row, v.Owner, strings.Join(c.SupportedOSVersions, ", "), shortDigest(c.Digest), c.Description)
		}
		rows = append(rows, row)
	}
	if o.JSON() {
		return display.WriteJSON(w, view)
	}
	heading := []string{"NAME", "VERSION", "BUILD", "TYPE", "PLATFORM", "STATE", "CREATED"}
	if o.Is("wide") {
		heading = append(heading, "OWNER", "OS VERSIONS", "DIGEST", "DESCRIPTION")
	}
	return writeTable(w, heading, rows)
}

// endingView is a component whose support ends, as JSON.
type endingView struct {
	componentView
	Recipes []library.AffectedRecipe `json:"affectedRecipes"`
}

func runSupportEnding(ctx context.Context, s shelf, o componentListOptions, w io.Writer) error {
	endings, err := s.SupportEnding(ctx, o.ending)
	if err != nil {
		return err
	}
	views := []endingView{}
	var rows [][]string
	for _, e := range endings {
		views = append(views, endingView{s.view(e.Component), e.Recipes})
		rows = append(rows, []string{
			e.Component.Short(), e.Component.SupportEnd, e.Component.State, e.Component.ReplacedBy, strings.Join(recipesOf(e.Recipes), ", "),
		})
	}
	if o.JSON() {
		return display.WriteJSON(w, views)
	}
	return writeTable(w, []string{"COMPONENT", "SUPPORT ENDS", "STATE", "REPLACED BY", "RECIPES"}, rows)
}

// recipesOf names affected recipes as NAME/VERSION, each once.
func recipesOf(affected []library.AffectedRecipe) []string {
	var names []string
	for _, r := range affected {
		if _, name, ok := strings.Cut(r.ARN, ":container-recipe/"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
