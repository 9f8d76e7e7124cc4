package artifact

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// The annotations of the manifest. What OCI has a name for goes by that name.
const (
	nameKey        = "org.opencontainers.image.title"
	versionKey     = "org.opencontainers.image.version"
	descriptionKey = "org.opencontainers.image.description"
	platformKey    = "io.slipway.component.platform"
	typeKey        = "io.slipway.component.type"
	digestKey      = "io.slipway.component.digest"
	changeKey      = "io.slipway.component.change-description"
	osVersionsKey  = "io.slipway.component.supported-os-versions" // a JSON list
)

var (
	platforms = []string{"Linux", "Windows", "macOS"}
	kinds     = []string{"BUILD", "TEST"}
)

const (
	maxText       = 1024
	maxOSVersions = 25
)

// annotations gives what a manifest says of the component. An absent value has no key.
func (c Component) annotations(digest string) map[string]string {
	all := map[string]string{
		nameKey: c.Name, versionKey: c.Version, platformKey: c.Platform, typeKey: c.Type, digestKey: digest,
		descriptionKey: c.Description, changeKey: c.ChangeDescription,
	}
	if len(c.SupportedOSVersions) > 0 {
		list, _ := json.Marshal(c.SupportedOSVersions) // of strings, cannot fail
		all[osVersionsKey] = string(list)
	}
	for key, value := range all {
		if value == "" {
			delete(all, key)
		}
	}
	return all
}

// fromAnnotations reads a component without its document. The result is not checked yet.
func fromAnnotations(all map[string]string) (Component, error) {
	c := Component{
		Name: all[nameKey], Version: all[versionKey], Platform: all[platformKey], Type: all[typeKey],
		Description: all[descriptionKey], ChangeDescription: all[changeKey],
	}
	if text := all[osVersionsKey]; text != "" {
		if err := json.Unmarshal([]byte(text), &c.SupportedOSVersions); err != nil {
			return c, err
		}
	}
	return c, nil
}

// problem says what is wrong with the fields of a component, or nothing.
func (c Component) problem() (field, value string) {
	v, err := recipe.ParseVersion(c.Version)
	switch {
	case !recipe.ValidName(c.Name):
		return "name", c.Name
	case err != nil || v.HasWildcard():
		return "version", c.Version
	case !slices.Contains(platforms, c.Platform):
		return "platform", c.Platform
	case !slices.Contains(kinds, c.Type):
		return "type", c.Type
	case !isText(c.Description):
		return "description", "of more than 1024 characters"
	case !isText(c.ChangeDescription):
		return "change description", "of more than 1024 characters"
	case len(c.SupportedOSVersions) > maxOSVersions:
		return "list of supported OS versions", "of more than 25 entries"
	}
	for _, text := range c.SupportedOSVersions {
		if text == "" || !isText(text) {
			return "supported OS version", text
		}
	}
	return "", ""
}

func isText(s string) bool { return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText }
