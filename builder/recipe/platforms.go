package recipe

import (
	"regexp"
	"sync"

	"gopkg.in/yaml.v3"
)

// maxPlatforms is the largest number of platforms of one recipe.
const maxPlatforms = 20

var platformPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$`) })

// platforms reads the list of platforms to build for.
func (r *reader) platforms(n *yaml.Node) []Text {
	var list []Text
	lines := map[string]int{}
	r.list(n, "platforms", func(item *yaml.Node) {
		t, ok := r.text(item, "a platform", 1, maxName)
		switch line, twice := lines[t.Value]; {
		case !ok:
			return
		case !platformPattern().MatchString(t.Value):
			r.advise(item, "write OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, such as linux/arm64", "platform %q is none", t.Value)
			return
		case twice:
			r.fail(item, "platform %q is there twice, first in line %d", t.Value, line)
			return
		}
		lines[t.Value] = t.Pos.Line
		list = append(list, t)
	})
	if len(list) > maxPlatforms {
		r.fail(n, "platforms has %d entries; at most %d are allowed", len(list), maxPlatforms)
		return nil
	}
	return list
}
