package settings

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// Shown is Value for people and logs: of what may be a secret, only its kind can be seen.
func (s Setting) Shown(of Settings) any {
	v := s.Value(of)
	if !s.Secret {
		return v
	}
	switch v := v.(type) {
	case string:
		return masked(v)
	case map[string]string:
		hidden := maps.Clone(v)
		for key, value := range hidden {
			hidden[key] = masked(value)
		}
		return hidden
	}
	return v
}

// masked hides a key that is in the settings itself. The place of a key in a key service, and an id, are no secrets.
func masked(text string) string {
	scheme, _, found := strings.Cut(text, "://")
	switch {
	case !found:
		return text
	case scheme == "awskms", scheme == "gcpkms", scheme == "azurekeyvault", scheme == "hashivault":
		return text
	}
	return scheme + "://..."
}

// Select gives the settings with these names, or below them; all without a name.
func Select(names []string) ([]Setting, error) {
	if len(names) == 0 {
		return All(), nil
	}
	var selected []Setting
	for _, name := range names {
		before := len(selected)
		var known []string
		for _, s := range table {
			if s.Name == name || strings.HasPrefix(s.Name, strings.TrimSuffix(name, ".")+".") {
				selected = append(selected, s)
			}
			known = append(known, s.Name)
		}
		if len(selected) == before {
			return nil, &unknownError{name, cmp.Or(near.Hint(name, known), "`slipway settings show` shows all of them")}
		}
	}
	return selected, nil
}

// unknownError names a setting that there is not.
type unknownError struct{ name, advice string }

func (e *unknownError) Error() string { return fmt.Sprintf("unknown setting %q", e.name) }

// Hint gives the advice.
func (e *unknownError) Hint() string { return e.advice }

// Tree gives settings as the file has them: groups that hold settings. Secrets are hidden.
func Tree(of Settings, shown []Setting) map[string]any {
	tree := map[string]any{}
	for _, s := range shown {
		group, name, nested := strings.Cut(s.Name, ".")
		if !nested {
			tree[group] = s.Shown(of)
			continue
		}
		inner, ok := tree[group].(map[string]any)
		if !ok {
			inner = map[string]any{}
			tree[group] = inner
		}
		inner[name] = s.Shown(of)
	}
	return tree
}
