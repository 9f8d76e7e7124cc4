package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// platformWords are the words of recipes for the operating systems of images.
var platformWords = map[string]string{"linux": "Linux", "windows": "Windows"}

// platforms picks what to build for and the parent's image for each, and checks that all agree on the system.
func (b *planner) platforms(context.Context) error {
	wanted, chosen := b.wantedPlatforms()
	if override := b.recipe.PlatformOverride.Value; override != "" {
		if err := b.checkOverride(override); err != nil {
			return err
		}
		if !chosen {
			wanted[0].OS = strings.ToLower(override)
		}
	}
	for _, want := range wanted {
		p, os, err := b.platform(want)
		if err != nil {
			return b.parentError(err)
		}
		if slices.ContainsFunc(b.plan.Platforms, func(have Platform) bool { return have.Name == p.Name }) {
			continue
		}
		b.plan.Platforms = append(b.plan.Platforms, p)
		word := platformWords[os]
		if b.plan.OS != "" && b.plan.OS != word {
			return fmt.Errorf("platforms of %s and %s in one build", b.plan.OS, word)
		}
		b.plan.OS = word
	}
	return b.checkSystem()
}

// wantedPlatforms are those of the command line, else those of the recipe, else that of this machine, which nobody chose.
func (b *planner) wantedPlatforms() (wanted []v1.Platform, chosen bool) {
	if len(b.opts.Platforms) > 0 {
		return b.opts.Platforms, true
	}
	for _, text := range b.recipe.Platforms {
		if p, err := v1.ParsePlatform(text.Value); err == nil { // its form was checked when it was read
			wanted = append(wanted, *p)
		}
	}
	if len(wanted) > 0 {
		return wanted, true
	}
	return []v1.Platform{b.opts.Machine}, false
}

// checkOverride compares platformOverride with what the parent is.
func (b *planner) checkOverride(override string) error {
	have := []string{"linux"} // scratch
	if b.plan.Parent.Reference.Transport != ref.Scratch {
		have = nil
		for _, p := range b.image.Platforms {
			have = append(have, p.Platform.OS)
		}
	}
	if slices.Contains(have, strings.ToLower(override)) {
		return nil
	}
	return &recipe.Error{
		Pos:     b.recipe.PlatformOverride.Pos,
		Message: fmt.Sprintf("platformOverride is %s, but parent image %q is for %s", override, b.plan.Parent.Written, strings.Join(slices.Compact(have), ", ")),
		Advice:  "leave platformOverride out: the platform is that of the parent image",
	}
}

// platform picks the parent's image for one platform.
func (b *planner) platform(want v1.Platform) (Platform, string, error) {
	if b.plan.Parent.Reference.Transport == ref.Scratch {
		if want.OS != "linux" {
			return Platform{}, "", fmt.Errorf("scratch is for linux, not for %s", want.OS)
		}
		return Platform{Name: platformName(want)}, want.OS, nil
	}
	var index v1.IndexManifest
	for _, p := range b.image.Platforms {
		digest, err := v1.NewHash(p.Digest)
		if err != nil {
			return Platform{}, "", err
		}
		index.Manifests = append(index.Manifests, v1.Descriptor{
			MediaType: types.OCIManifestSchema1, Digest: digest, Platform: &p.Platform,
		})
	}
	chosen, err := store.SelectPlatform(&index, want)
	if err != nil {
		return Platform{}, "", err
	}
	if platformWords[chosen.Platform.OS] == "" {
		return Platform{}, "", fmt.Errorf("images for %q cannot be built", chosen.Platform.OS)
	}
	return Platform{Name: platformName(*chosen.Platform), Digest: chosen.Digest.String()}, chosen.Platform.OS, nil
}

// platformName writes a platform as os/arch[/variant]; the variant that every arm64 and amd64 machine has is left out.
func platformName(p v1.Platform) string {
	name := p.OS + "/" + p.Architecture
	if p.Variant == "" || p.Architecture == "arm64" && p.Variant == "v8" || p.Architecture == "amd64" && p.Variant == "v1" {
		return name
	}
	return name + "/" + p.Variant
}

// checkSystem refuses components for another system, and systems and versions that cannot be built.
func (b *planner) checkSystem() error {
	if b.plan.WorkingDirectory == "" {
		b.plan.WorkingDirectory = defaultWorkingDirectory
		if b.plan.OS == platformWords["windows"] {
			b.plan.WorkingDirectory = "C:/"
		}
	}
	if b.plan.OS == platformWords["windows"] && !b.opts.WindowsWorkers {
		return b.parentError(&hinted{"the builder has no Windows workers", "name a BuildKit on Windows with --builder"})
	}
	b.plan.OSVersion = b.recipe.ImageOSVersionOverride
	var problems []error
	for _, f := range b.found {
		if f.Platform != "" && f.Platform != b.plan.OS {
			problems = append(problems, &recipe.Error{
				Pos:     f.entry.Reference.Pos,
				Message: fmt.Sprintf("%s is for %s, the recipe for %s", f.label(), f.Platform, b.plan.OS),
			})
		}
		if b.plan.OSVersion == "" {
			continue
		}
		if err := SupportsOS(f.SupportedOSVersions, b.plan.OSVersion); err != nil {
			problems = append(problems, &recipe.Error{Pos: f.entry.Reference.Pos, Message: f.label(), Err: err})
		}
	}
	return errors.Join(problems...)
}
