package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

const (
	defaultRegion  = "us-east-1"
	defaultAccount = "000000000000"
	maxBuild       = 1<<30 - 1
)

func defaultTag(version string, build int) string { return fmt.Sprintf("%s-%d", version, build) }

// targets lists where to publish: the recipe's repository with the default tag, then the references of --tag.
func (b *planner) targets(context.Context) error {
	b.plan.Push = b.recipe.TargetRepository != nil
	if b.opts.Push != nil {
		b.plan.Push = *b.opts.Push
	}
	if t := b.recipe.TargetRepository; t != nil {
		repository, err := b.repository(t.Name.Value)
		switch {
		case err == nil:
			b.plan.Targets = append(b.plan.Targets, Target{Repository: repository})
		case errors.Is(err, errNoLocation) && !b.plan.Push:
			// It is not asked for, so it need not be known.
		default:
			return &recipe.Error{Pos: t.Name.Pos, Message: fmt.Sprintf("repositoryName %q", t.Name.Value), Err: err}
		}
	}
	for _, text := range b.opts.Tags {
		r, err := ref.ParseRegistry(text)
		if err != nil {
			return fmt.Errorf("tag: %w", err)
		}
		if r.Digest != "" {
			return fmt.Errorf("tag %q: a digest cannot be assigned to an image", text)
		}
		b.plan.Targets = append(b.plan.Targets, Target{Repository: r.Name(), Tag: r.Tag})
	}
	if b.plan.Push && len(b.plan.Targets) == 0 {
		return &hinted{"there is nowhere to push to", "set targetRepository in the recipe, or use --tag REF"}
	}
	return nil
}

var errNoLocation = errors.New("no registry is set for repositories without a host")

// repository gives the full name of a repository that the recipe may name without its host.
func (b *planner) repository(name string) (string, error) {
	if _, last, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ":"); last != "" || strings.Contains(name, "@") {
		return "", &hinted{"a repository has neither tag nor digest", "further tags are given with --tag"}
	}
	first, _, nested := strings.Cut(name, "/")
	if !nested || !strings.ContainsAny(first, ".:") && first != "localhost" {
		location, err := b.location()
		if err != nil {
			return "", err
		}
		name = location + "/" + name
	}
	r, err := ref.ParseRegistry(name)
	if err != nil {
		return "", err
	}
	return r.Name(), nil
}

// location is where repositories without a host are in the home region.
func (b *planner) location() (string, error) {
	s := b.opts.Settings
	region := cmp.Or(s.Region, defaultRegion)
	switch location := cmp.Or(s.Registries[region], s.Registries["default"]); location {
	case "":
		return "", &recipe.Error{Err: errNoLocation, Advice: "write it with its host, set registries.default, or build without publishing: --no-push"}
	case "ecr":
		domain := "amazonaws.com"
		if strings.HasPrefix(region, "cn-") {
			domain += ".cn"
		}
		return fmt.Sprintf("%s.dkr.ecr.%s.%s", cmp.Or(s.Account, defaultAccount), region, domain), nil
	default:
		return strings.TrimSuffix(location, "/"), nil
	}
}

// checkTag makes sure that the version makes a tag.
func checkTag(r recipe.Text, version string) error {
	if _, err := (ref.Ref{Transport: ref.Registry}).WithTag(defaultTag(version, maxBuild)); err != nil {
		return &recipe.Error{Pos: r.Pos, Message: "semanticVersion", Err: err}
	}
	return nil
}
