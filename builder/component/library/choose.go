package library

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// usable gives the one of the builds of a name that a reference means for building: the highest that is not disabled,
// and among those that leave a node or the build open an active one before a deprecated one.
func usable(builds []Component, want Want) (Component, bool) {
	var chosen Component
	found := false
	for _, c := range builds {
		if c.State == Disabled || !want.matches(c) {
			continue
		}
		preferred := !found || compare(c, chosen) > 0
		if found && want.Open() && (c.State == Active) != (chosen.State == Active) {
			preferred = c.State == Active
		}
		if preferred {
			chosen, found = c, true
		}
	}
	return chosen, found
}

// reason tells why an open reference means a build: of how many it is the highest, and why higher ones do not count.
func reason(builds []Component, want Want, chosen Component) string {
	matched := 0
	var passed []string
	for _, c := range slices.Backward(builds) {
		if !want.matches(c) {
			continue
		}
		matched++
		if compare(c, chosen) > 0 {
			passed = append(passed, fmt.Sprintf("%s/%d is %s", c.Version.Text, c.Build, strings.ToLower(c.State)))
		}
	}
	text := fmt.Sprintf("the highest of %d builds that match", matched)
	switch {
	case matched == 1:
		text = "the only build that matches"
	case len(passed) > 0:
		text = fmt.Sprintf("the highest that can be used of %d builds that match", matched)
	}
	if more := len(passed) - shownVersions; more > 0 {
		passed = append(passed[:shownVersions], fmt.Sprintf("and so on for %d more", more))
	}
	if chosen.State == Deprecated {
		passed = append(passed, "no active one matches")
	}
	return strings.Join(append([]string{text}, passed...), "; ")
}

// highest gives the highest build that a reference matches, whatever its state.
func highest(builds []Component, want Want) (Component, bool) {
	var chosen Component
	found := false
	for _, c := range builds {
		if want.matches(c) && (!found || compare(c, chosen) > 0) {
			chosen, found = c, true
		}
	}
	return chosen, found
}

// shownVersions is how many versions an error lists.
const shownVersions = 5

// nearest lists versions that exist, the nearest to the wanted one first. Those that are never chosen say so.
func nearest(builds []Component, want Want) []string {
	sorted := slices.Clone(builds)
	slices.SortStableFunc(sorted, func(a, b Component) int {
		for i, node := range want.Version {
			if node < 0 {
				break
			}
			if order := cmp.Compare(distance(a.Version.Version[i], node), distance(b.Version.Version[i], node)); order != 0 {
				return order
			}
		}
		return compare(b, a)
	})
	written := func(c Component) string {
		if want.Build > 0 {
			return c.Version.Text + "/" + itoa(c.Build)
		}
		return c.Version.Text
	}
	works := map[string]bool{}
	for _, c := range builds {
		works[written(c)] = works[written(c)] || c.State != Disabled
	}
	var versions []string
	for _, c := range sorted {
		text := written(c)
		if !works[text] {
			text += " (disabled)"
		}
		if !slices.Contains(versions, text) {
			versions = append(versions, text)
		}
		if len(versions) == shownVersions {
			break
		}
	}
	return versions
}

func distance(a, b int) int { return max(a-b, b-a) }
