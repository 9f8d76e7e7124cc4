package option

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/pflag"
)

// Platform is --platform, the target platforms.
type Platform struct{ list []string }

// AddFlags adds --platform.
func (p *Platform) AddFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&p.list, "platform", nil, "target platforms, a `LIST` such as linux/amd64,linux/arm64 (default: the parent's that matches this machine)")
}

// Platforms reads the flag; nothing given is an empty list.
func (p *Platform) Platforms() ([]v1.Platform, error) {
	var platforms []v1.Platform
	for _, text := range p.list {
		parts := strings.Split(strings.TrimSpace(text), "/")
		if len(parts) < 2 || len(parts) > 3 || strings.Contains(text, "//") || parts[len(parts)-1] == "" || parts[0] == "" {
			return nil, platformError{text}
		}
		platform := v1.Platform{OS: parts[0], Architecture: parts[1]}
		if len(parts) == 3 {
			platform.Variant = parts[2]
		}
		platforms = append(platforms, platform)
	}
	return platforms, nil
}

type platformError struct{ text string }

func (e platformError) Error() string { return fmt.Sprintf("--platform %q is no platform", e.text) }

func (platformError) Hint() string {
	return "write OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm64"
}
