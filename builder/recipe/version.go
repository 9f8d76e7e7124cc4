package recipe

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const maxNode = 1<<30 - 1

// Open is a node of a Version that a wildcard leaves open.
const Open = -1

// Version is major.minor.patch; nodes may be Open, and then every node to the right of the first open one is.
type Version [3]int

var versionPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+|x)\.([0-9]+|x)\.([0-9]+|x)$`) })

// ParseVersion reads a version such as "1.4.0" or "1.x.x". Leading zeros are allowed: they do not change the version.
func ParseVersion(text string) (Version, error) {
	m := versionPattern().FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("version %q is not major.minor.patch (numbers, or x for a node left open)", text)
	}
	var v Version
	open := false
	for i, node := range m[1:] {
		if node == "x" {
			v[i], open = Open, true
			continue
		}
		if open {
			return Version{}, fmt.Errorf("version %q: every node to the right of an x must be x", text)
		}
		number, err := strconv.ParseInt(node, 10, 64)
		if err != nil || number > maxNode {
			return Version{}, fmt.Errorf("version %q: node %s is larger than %d", text, node, maxNode)
		}
		v[i] = int(number)
	}
	return v, nil
}

// HasWildcard reports whether a node is open.
func (v Version) HasWildcard() bool { return v[2] == Open }

// String writes the version with x for open nodes.
func (v Version) String() string {
	nodes := make([]string, len(v))
	for i, n := range v {
		if nodes[i] = strconv.Itoa(n); n == Open {
			nodes[i] = "x"
		}
	}
	return strings.Join(nodes, ".")
}

// Compare orders versions without open nodes by number, node after node.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v[0], w[0]), cmp.Compare(v[1], w[1]), cmp.Compare(v[2], w[2]))
}

// Next gives the version that a wildcard version stands for when a recipe is built: the first open node is one more
// than in the highest existing version that agrees with the nodes before it, the rest is 0.
func (v Version) Next(existing []Version) Version {
	open := 0
	for open < len(v) && v[open] != Open {
		open++
	}
	if open == len(v) {
		return v
	}
	next, highest := v, -1
	for _, e := range existing {
		if slices.Equal(v[:open], e[:open]) {
			highest = max(highest, e[open])
		}
	}
	for i := open; i < len(next); i++ {
		next[i] = 0
	}
	next[open] = highest + 1
	if open == 0 && highest < 0 {
		next[0] = 1
	}
	return next
}

// Matches reports whether w agrees with v in every node that v does not leave open.
func (v Version) Matches(w Version) bool {
	for i, node := range v {
		if node != Open && node != w[i] {
			return false
		}
	}
	return true
}
