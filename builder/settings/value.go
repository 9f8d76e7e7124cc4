package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// value is what stands behind the name of a setting.
type value struct {
	r    *reader
	name string
	node *yaml.Node
}

func (v value) wants(n *yaml.Node, want string) {
	v.r.fail(n, "", "%s is not %s", v.name, want)
}

// scalar gives the text of a single value.
func (v value) scalar(n *yaml.Node, want string) (string, bool) {
	if n = deref(n); n.Kind != yaml.ScalarNode || isNull(n) {
		v.wants(n, want)
		return "", false
	}
	return n.Value, true
}

func (v value) text(check check) string { return v.checked(v.node, check) }

func (v value) checked(n *yaml.Node, check check) string {
	text, ok := v.scalar(n, "a text")
	if want := check(text); ok && want != "" {
		v.wants(n, want)
	}
	return text
}

func (v value) flag() bool {
	const want = "true or false"
	text, ok := v.scalar(v.node, want)
	if ok && deref(v.node).Tag != "!!bool" {
		v.wants(v.node, want)
	}
	return text == "true" || text == "True" || text == "TRUE"
}

func (v value) number(least, most int) int {
	want := between(least, most)
	text, ok := v.scalar(v.node, want)
	n, err := strconv.Atoi(text)
	if ok && (err != nil || n < least || n > most) {
		v.wants(v.node, want)
	}
	return n
}

func (v value) oneOf(allowed ...string) string {
	text, ok := v.scalar(v.node, "a text")
	if ok && !slices.Contains(allowed, text) {
		v.r.fail(v.node, near.Hint(text, allowed), "%s is %q, not one of %s", v.name, text, strings.Join(allowed, ", "))
	}
	return text
}

func (v value) list(check check) []string {
	if v.node.Kind != yaml.SequenceNode {
		v.wants(v.node, "a list")
		return nil
	}
	list := make([]string, 0, len(v.node.Content))
	for _, n := range v.node.Content {
		list = append(list, v.checked(n, check))
	}
	return list
}

// entries reads a map of the user's own keys. A problem of a value names its key.
func (v value) entries(key, element check) map[string]string {
	entries := map[string]string{}
	v.r.keys(v.node, v.name, func(k, n *yaml.Node) {
		if want := key(k.Value); want != "" {
			v.r.fail(k, "", "the key %q of %s is not %s", k.Value, v.name, want)
			return
		}
		entries[k.Value] = value{v.r, fmt.Sprintf("%s.%s", v.name, k.Value), n}.text(element)
	})
	return entries
}
