package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) componentTagCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "tag REFERENCE KEY=VALUE...",
		Short:   "Add tags to a build of a component",
		Long:    "Add tags to a build of a component, or replace those with the same keys. REFERENCE is NAME/1.2.3/4.",
		Example: "  slipway component tag nginx/1.2.0/1 team=web stage=production",
		Args:    arguments(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			tags := map[string]string{}
			for _, text := range args[1:] {
				key, value, ok := strings.Cut(text, "=")
				if !ok {
					return usageError{fmt.Errorf("tag %q has no value", text), "write it as KEY=VALUE; the value may be empty"}
				}
				tags[key] = value
			}
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				_, err := s.Tag(ctx, args[0], tags)
				return err
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
}

func (a *app) componentUntagCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "untag REFERENCE KEY...",
		Short:   "Remove tags from a build of a component",
		Long:    "Remove tags from a build of a component. Keys that it does not have are no error. REFERENCE is NAME/1.2.3/4.",
		Example: "  slipway component untag nginx/1.2.0/1 stage",
		Args:    arguments(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				_, err := s.Untag(ctx, args[0], args[1:])
				return err
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
}
