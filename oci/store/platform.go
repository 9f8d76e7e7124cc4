package store

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Matches reports whether an image for platform have runs as platform want. An empty field of want fits everything;
// arm64 and arm64/v8 are one platform; an arm variant runs the lower ones.
func Matches(have, want v1.Platform) bool {
	have, want = normalPlatform(have), normalPlatform(want)
	if want.OS != "" && have.OS != want.OS || want.Architecture != "" && have.Architecture != want.Architecture {
		return false
	}
	if want.OSVersion != "" && have.OSVersion != want.OSVersion {
		return false
	}
	switch {
	case want.Variant == "" || have.Variant == want.Variant:
		return true
	case have.Architecture == "arm" || have.Architecture == "amd64":
		return have.Variant < want.Variant // v6 runs on v7, "" and v2 on v3
	default:
		return false
	}
}

// SelectPlatform returns the entry of an index for a platform; of several that fit, the one with the exact variant,
// else the highest variant, else the first.
func SelectPlatform(index *v1.IndexManifest, want v1.Platform) (v1.Descriptor, error) {
	var best *v1.Descriptor
	var have []v1.Platform
	for n := range index.Manifests {
		desc := &index.Manifests[n]
		if desc.Platform == nil || desc.Platform.OS == "unknown" || !isManifest(desc.MediaType) {
			continue
		}
		have = append(have, *desc.Platform)
		if Matches(*desc.Platform, want) && (best == nil || better(*desc.Platform, *best.Platform, want)) {
			best = desc
		}
	}
	if best == nil {
		return v1.Descriptor{}, &PlatformError{Want: want, Have: have}
	}
	return *best, nil
}

func better(a, b, want v1.Platform) bool {
	a, b, want = normalPlatform(a), normalPlatform(b), normalPlatform(want)
	if want.Variant == "" {
		return a.Variant == "" && b.Variant != ""
	}
	return a.Variant > b.Variant // both fit, so neither is above want
}

func normalPlatform(p v1.Platform) v1.Platform {
	switch p.Architecture {
	case "x86_64", "x86-64":
		p.Architecture = "amd64"
	case "aarch64":
		p.Architecture = "arm64"
	}
	switch {
	case p.Architecture == "arm64" && p.Variant == "v8", p.Architecture == "amd64" && p.Variant == "v1":
		p.Variant = ""
	case p.Architecture == "arm" && p.Variant == "" && p.OS != "":
		p.Variant = "v7"
	}
	return p
}

// PlatformError says that an image does not exist for a platform.
type PlatformError struct {
	Name string // of the image, may be empty
	Want v1.Platform
	Have []v1.Platform
}

func (e *PlatformError) Error() string {
	s := fmt.Sprintf("no image for platform %q", e.Want.String())
	if e.Name != "" {
		s = fmt.Sprintf("image %q: %s", e.Name, s)
	}
	return s
}

// Hint lists the platforms that exist.
func (e *PlatformError) Hint() string {
	if len(e.Have) == 0 {
		return ""
	}
	names := make([]string, 0, len(e.Have))
	for _, p := range e.Have {
		names = append(names, p.String())
	}
	return "it exists for " + strings.Join(names, ", ") + "; choose with --platform"
}
