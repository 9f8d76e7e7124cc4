package library

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// Filter keeps the components that match any of its values.
type Filter struct {
	Name   string
	Values []string
}

// ListRequest asks for a page of a list.
type ListRequest struct {
	Owner   string // "Self" (the default), "Amazon", "Shared", "ThirdParty" or "AWSMarketplace"
	Filters []Filter
	ByName  bool // one item for each name
	Limit   int  // 0 is no limit
	Next    string
}

// ListPage is a part of a list of components.
type ListPage struct {
	Components []Component
	Next       string // asks for the next page; "" on the last one
}

const maxFilters = 10

var (
	// The last two are not in the EC2 Image Builder API. Of tags there is also tag:KEY, with values of that key.
	filterNames = []string{"name", "description", "platform", "type", "supportedOsVersion", "version", "status", "tag"}
	filterValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-zA-Z./_ :,{}"-]+$`) })
	tagText     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) })
	states      = []string{Active, Deprecated, Disabled}
	owners      = map[string][]string{
		"": {Own}, "Self": {Own}, "Amazon": {Managed}, "ThirdParty": {"third-party"}, "AWSMarketplace": {"aws-marketplace"}, "Shared": {"shared"},
	}
)

// FilterNames are the names that a Filter may have, besides tag:KEY.
func FilterNames() []string { return slices.Clone(filterNames) }

// List lists versions of components, each by its highest build, ordered by name and version; with ByName only the
// highest of the versions of each name.
func (l *Library) List(ctx context.Context, r ListRequest) (ListPage, error) {
	q, err := r.query()
	if err != nil {
		return ListPage{}, err
	}
	var page ListPage
	err = l.storage.View(ctx, func(rd Reader) error {
		t, err := openToken(ctx, rd, "components", r.filterKey(), r.Next)
		if err != nil {
			return err
		}
		q.After = t.place()
		more := false
		err = rd.Components(ctx, q, func(c Component) bool {
			last := len(page.Components) - 1
			switch {
			case r.ByName && last >= 0 && c.Namespace == page.Components[last].Namespace && c.Normal() == page.Components[last].Normal():
				page.Components[last] = c
			case r.Limit > 0 && len(page.Components) == r.Limit:
				more = true
				return false
			default:
				page.Components = append(page.Components, c)
			}
			return true
		})
		if more && err == nil {
			page.Next, err = t.next(placeOf(page.Components[len(page.Components)-1], r.ByName))
		}
		return err
	})
	return page, err
}

// placeOf is where the list goes on behind a component, or behind all versions of its name.
func placeOf(c Component, byName bool) Place {
	p := Place{Normal: c.Normal(), Version: c.Version.Version, Namespace: c.Namespace}
	if byName {
		p.Version = recipe.Version{1 << 30, 0, 0}
	}
	return p
}

// query checks the filters and turns them into a query.
func (r ListRequest) query() (Query, error) {
	namespaces, ok := owners[r.Owner]
	if !ok {
		return Query{}, refuse(InvalidRequest, "owner: %q is not one of Self, Shared, Amazon, ThirdParty, AWSMarketplace", r.Owner)
	}
	q := Query{Namespaces: namespaces}
	if len(r.Filters) > maxFilters {
		return q, refuse(InvalidRequest, "filters: there are %d; at most %d are allowed", len(r.Filters), maxFilters)
	}
	seen := map[string]bool{}
	for _, f := range r.Filters {
		name := f.Name
		if name == "supportedOsVersions" {
			name = "supportedOsVersion"
		}
		key := ""
		if k, ofTag := strings.CutPrefix(name, "tag:"); ofTag && k != "" {
			name, key = "tag", k
		}
		if !slices.Contains(filterNames, name) {
			e := refuse(InvalidRequest, "filters: unknown filter %q", f.Name)
			if e.Advice = near.Hint(f.Name, filterNames); e.Advice == "" {
				e.Advice = "known filters: " + strings.Join(filterNames, ", ")
			}
			return q, e
		}
		if seen[f.Name] {
			return q, refuse(InvalidRequest, "filters: %q is there twice", f.Name).advise("give all its values in one filter: any of them matches")
		}
		seen[f.Name] = true
		if err := q.add(name, key, f.Values); err != nil {
			return q, err
		}
	}
	return q, nil
}

// add adds a filter; the key is that of tag:KEY.
func (q *Query) add(name, key string, values []string) error {
	if len(values) == 0 || len(values) > maxFilters {
		return refuse(InvalidRequest, "filter %q: has %d values; 1 to %d are allowed", name, len(values), maxFilters)
	}
	if name == "tag" {
		return q.addTags(key, values)
	}
	for _, value := range values {
		if len(value) > maxText || !filterValue().MatchString(value) {
			return refuse(InvalidRequest, "filter %q: value %q is not allowed", name, value)
		}
		switch name {
		case "name":
			q.Normals = append(q.Normals, ref.Normal(value))
		case "description":
			q.Descriptions = append(q.Descriptions, strings.ToLower(value))
		case "platform":
			q.Platforms = append(q.Platforms, value)
		case "type":
			q.Types = append(q.Types, value)
		case "status":
			state := strings.ToUpper(value)
			if !slices.Contains(states, state) {
				e := refuse(InvalidRequest, "filter \"status\": %q is not one of %s", value, strings.Join(states, ", "))
				e.Advice = near.Hint(state, states)
				return e
			}
			q.States = append(q.States, state)
		case "supportedOsVersion":
			q.OSVersions = append(q.OSVersions, value)
		case "version":
			v, err := recipe.ParseVersion(value)
			if err != nil {
				return &Error{Code: InvalidRequest, Message: "filter \"version\"", Err: err}
			}
			q.Versions = append(q.Versions, v)
		}
	}
	return nil
}

// addTags matches the components with one of the tags KEY or KEY=VALUE; with a key, the values are of that one.
func (q *Query) addTags(key string, values []string) error {
	var tags []TagQuery
	for _, text := range values {
		t := TagQuery{Key: key, Value: &text}
		if key == "" {
			name, value, hasValue := strings.Cut(text, "=")
			if t = (TagQuery{Key: name}); hasValue {
				t.Value = &value
			}
		}
		if t.Key == "" || len(text) > maxText || !tagText().MatchString(t.Key) || !tagText().MatchString(text) {
			return refuse(InvalidRequest, "filter \"tag\": %q is not allowed", text).
				advise("write it as tag=KEY, tag=KEY=VALUE or tag:KEY=VALUE")
		}
		tags = append(tags, t)
	}
	q.Tags = append(q.Tags, tags)
	return nil
}

// BuildsRequest asks for a page of the builds of components.
type BuildsRequest struct {
	// Reference says of what: all versions of a name, or those that a version matches. Empty means all components of
	// the own namespace.
	Reference string
	Limit     int // 0 is no limit
	Next      string
}

// Builds lists builds, the highest first; of several names by name.
func (l *Library) Builds(ctx context.Context, r BuildsRequest) (ListPage, error) {
	var page ListPage
	err := l.storage.View(ctx, func(rd Reader) error {
		t, err := openToken(ctx, rd, "builds", r.Reference, r.Next)
		if err != nil {
			return err
		}
		return l.names(ctx, rd, r.Reference, func(builds []Component) (bool, error) {
			slices.SortFunc(builds, func(a, b Component) int { return compare(b, a) })
			for _, c := range builds {
				if t.passed(c) {
					continue
				}
				if r.Limit > 0 && len(page.Components) == r.Limit {
					last := page.Components[r.Limit-1]
					page.Next, err = t.nextBuild(placeOf(last, false), last.Build)
					return false, err
				}
				page.Components = append(page.Components, c)
			}
			return true, nil
		})
	})
	return page, err
}

// names calls each with the builds of every name that a reference covers.
func (l *Library) names(ctx context.Context, rd Reader, reference string, each func([]Component) (bool, error)) error {
	if reference != "" {
		builds, err := l.matching(ctx, rd, reference)
		if err != nil {
			return err
		}
		_, err = each(builds)
		return err
	}
	names, err := rd.Names(ctx, Own)
	if err != nil {
		return err
	}
	for _, name := range names {
		builds, err := rd.Builds(ctx, Own, normalOf(component.Reference{Name: name}))
		if err != nil {
			return err
		}
		if more, err := each(builds); err != nil || !more {
			return err
		}
	}
	return nil
}

// filterKey tells lists apart that have other filters.
func (r ListRequest) filterKey() string {
	var b strings.Builder
	b.WriteString(r.Owner)
	if r.ByName {
		b.WriteString("\x00byName")
	}
	filters := slices.Clone(r.Filters)
	slices.SortFunc(filters, func(a, b Filter) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range filters {
		b.WriteString("\x00" + f.Name + "\x01" + strings.Join(slices.Sorted(slices.Values(f.Values)), "\x01"))
	}
	return b.String()
}
