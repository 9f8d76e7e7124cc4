package cli

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
)

// completeComponents offers to the shell the names in the component store, and behind a name and a slash its builds.
func (a *app) completeComponents(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 && !strings.Contains(cmd.Use, "REFERENCE...") && !strings.Contains(cmd.Use, "NAME...") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	a.completing(cmd, func(ctx context.Context, s shelf) {
		if name, _, hasVersion := strings.Cut(typed, "/"); hasVersion {
			page, err := s.Builds(ctx, library.BuildsRequest{Reference: name})
			for _, c := range page.Components {
				if err == nil {
					names = append(names, cobra.CompletionWithDesc(c.Short(), c.State))
				}
			}
			return
		}
		owner := "Self"
		if strings.HasPrefix(typed, "aws:") {
			owner = "Amazon"
		}
		page, err := s.List(ctx, library.ListRequest{ByName: true, Owner: owner})
		for _, c := range page.Components {
			if err == nil {
				names = append(names, cobra.CompletionWithDesc(c.ShortName(), c.Description))
			}
		}
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// offer completes the values of a flag.
func offer(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// offerComponents completes the references that a flag takes.
func (a *app) offerComponents(cmd *cobra.Command, flag string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return a.completeComponents(cmd, nil, typed)
	})
}

// offerKeys completes the ids of keys in the settings.
func (a *app) offerKeys(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			set, err := a.settings()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return slices.Sorted(maps.Keys(set.KMS.Keys)), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

// offerRequest completes the values of the flags that create and import share.
func (a *app) offerRequest(cmd *cobra.Command) {
	offer(cmd, "platform", filterValues["platform"]...)
	a.offerComponents(cmd, "replaced-by")
	a.offerKeys(cmd, "kms-key-id")
}

// completeFilter offers the names of filters, and behind a name the values that it can have.
func completeFilter(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	name, _, hasValue := strings.Cut(typed, "=")
	var offers []string
	if hasValue {
		for _, v := range filterValues[name] {
			offers = append(offers, name+"="+v)
		}
		return offers, cobra.ShellCompDirectiveNoFileComp
	}
	for _, name := range library.FilterNames() {
		offers = append(offers, name+"=")
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeRecipes offers to the shell the recipes in the store.
func (a *app) completeRecipes(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 && !strings.Contains(cmd.Use, "REFERENCE...") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.recipeNames(cmd), cobra.ShellCompDirectiveNoFileComp
}

// completeRecipeArgument offers recipes in the store; the shell adds files when none matches.
func (a *app) completeRecipeArgument(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.recipeNames(cmd), cobra.ShellCompDirectiveDefault
}

func (a *app) recipeNames(cmd *cobra.Command) (names []string) {
	a.completing(cmd, func(ctx context.Context, s shelf) {
		recipes, err := s.Recipes(ctx, "")
		for _, r := range recipes {
			if err == nil {
				names = append(names, cobra.CompletionWithDesc(r.Short(), r.Description))
			}
		}
	})
	return names
}

// completing runs f with the component store if there is one; what goes wrong is not for somebody who types.
func (a *app) completing(cmd *cobra.Command, f func(context.Context, shelf)) {
	folders, err := a.folders()
	if err != nil {
		return
	}
	if _, err := os.Stat(folders.Store()); err != nil {
		return
	}
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	s, err := a.components(ctx, nil)
	if err != nil {
		return
	}
	defer s.close()
	f(ctx, s)
}
