package library_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component/library"
)

// listed are the versions of a page as NAME/VERSION.
func (s *shelf) listed(r library.ListRequest) ([]string, string) {
	s.t.Helper()
	page, err := s.List(s.ctx(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	list := []string{}
	for _, c := range page.Components {
		list = append(list, c.Normal()+"/"+c.Version.Text)
	}
	return list, page.Next
}

func TestCOMP14ListHasOneItemAVersion(t *testing.T) {
	s := newShelf(t)
	s.add("Web App/1.0.0", "abc/10.0.0", "abc/9.0.0", "web-app/1.0.0")
	managed := request("update-linux", "1.0.0", "m")
	managed.Namespace = library.Managed
	s.create(managed)
	got, _ := s.listed(library.ListRequest{})
	if diff := cmp.Diff([]string{"abc/9.0.0", "abc/10.0.0", "web-app/1.0.0"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	page, err := s.List(s.ctx(), library.ListRequest{Filters: []library.Filter{{Name: "name", Values: []string{"WEB_APP"}}}})
	if err != nil || len(page.Components) != 1 || page.Components[0].Build != 2 || page.Components[0].Name != "web-app" {
		t.Errorf("the data is that of %+v, %v", page.Components, err)
	}
	if got := s.VersionARN(page.Components[0]); got != "arn:aws:imagebuilder:us-east-1:000000000000:component/web-app/1.0.0" {
		t.Errorf("ARN %s", got)
	}
	for owner, want := range map[string]int{"Self": 3, "Amazon": 1, "Shared": 0, "ThirdParty": 0, "AWSMarketplace": 0} {
		if got, _ := s.listed(library.ListRequest{Owner: owner}); len(got) != want {
			t.Errorf("owner %s: %v", owner, got)
		}
	}
	_, err = s.List(s.ctx(), library.ListRequest{Owner: "self"})
	refused(t, err, library.InvalidRequest, "owner")
}

func TestCOMP15Filters(t *testing.T) {
	s := newShelf(t)
	for _, r := range []struct{ reference, phase, platform, description, os string }{
		{"abc/1.0.0", "build", "Linux", "The Web Server", "Ubuntu 24"},
		{"abc/1.2.0", "build", "Linux", "The Web Server, now ÜBER fast", "Ubuntu 22"},
		{"abc/2.0.0", "test", "Linux", "checks", ""},
		{"def/1.0.0", "build", "macOS", "a 100% thing_", "Debian 12"},
	} {
		name, version, _ := strings.Cut(r.reference, "/")
		q := library.Request{Name: name, Version: version, Platform: r.platform, Description: &r.description, Data: doc(r.reference, r.phase)}
		if r.os != "" {
			q.SupportedOSVersions = []string{"Other", r.os}
		}
		s.create(q)
	}
	f := func(pairs ...string) (filters []library.Filter) {
		for _, p := range pairs {
			name, values, _ := strings.Cut(p, "=")
			filters = append(filters, library.Filter{Name: name, Values: strings.Split(values, "|")})
		}
		return filters
	}
	for _, tt := range []struct {
		filters []library.Filter
		want    string
	}{
		{f("name=ABC"), "abc/1.0.0 abc/1.2.0 abc/2.0.0"},
		{f("name=abc|def"), "abc/1.0.0 abc/1.2.0 abc/2.0.0 def/1.0.0"},
		{f("name=ab"), ""},
		{f("version=1.x.x"), "abc/1.0.0 abc/1.2.0 def/1.0.0"},
		{f("version=1.2.0|2.x.x"), "abc/1.2.0 abc/2.0.0"},
		{f("version=1.2.0", "name=def"), ""},
		{f("type=TEST"), "abc/2.0.0"},
		{f("platform=macOS"), "def/1.0.0"},
		{f("description=WEB server"), "abc/1.0.0 abc/1.2.0"},
		{f("description=thing_"), "def/1.0.0"},
		{f("supportedOsVersion=Ubuntu"), "abc/1.0.0 abc/1.2.0"},
		{f("supportedOsVersions=Ubuntu 2|Deb"), "abc/1.0.0 abc/1.2.0 def/1.0.0"},
		{f("supportedOsVersion=buntu"), ""},
		{f("type=BUILD", "platform=Linux", "version=1.0.x"), "abc/1.0.0"},
	} {
		if got, _ := s.listed(library.ListRequest{Filters: tt.filters}); strings.Join(got, " ") != tt.want {
			t.Errorf("%v: %v, want %s", tt.filters, got, tt.want)
		}
	}
	eleven := make([]string, 11)
	for _, tt := range []struct {
		filters []library.Filter
		want    string
	}{
		{f("namme=abc"), `did you mean "name"`},
		{f("whatever=abc"), "known filters"},
		{f("name=a", "name=b"), "twice"},
		{f("name="), "not allowed"},
		{f("name=a*"), "not allowed"},
		{f("version=1.*"), "not allowed"},
		{f("version=1.0"), "major.minor.patch"},
		{[]library.Filter{{Name: "name"}}, "0 values"},
		{[]library.Filter{{Name: "name", Values: eleven}}, "11 values"},
		{make([]library.Filter, 11), "there are 11"},
	} {
		_, err := s.List(s.ctx(), library.ListRequest{Filters: tt.filters})
		refused(t, err, library.InvalidRequest, tt.want)
	}
}

func TestCOMP16ByName(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "abc/2.0.0", "def/1.0.0", "ghi/3.0.0", "ghi/1.0.0")
	var all []string
	next := ""
	for {
		got, more := s.listed(library.ListRequest{ByName: true, Limit: 2, Next: next})
		all = append(all, got...)
		if next = more; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"abc/2.0.0", "def/1.0.0", "ghi/3.0.0"}, all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := s.NameARN(s.add("jkl/1.0.0")); got != "arn:aws:imagebuilder:us-east-1:000000000000:component/jkl" {
		t.Errorf("name ARN %s", got)
	}
}

func TestCOMP17BuildsFromTheHighest(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "abc/1.0.0", "abc/1.10.0", "abc/1.9.0", "def/1.0.0")
	for reference, want := range map[string]string{
		"abc":       "abc/1.10.0/1 abc/1.9.0/1 abc/1.0.0/2 abc/1.0.0/1",
		"abc/1.0.0": "abc/1.0.0/2 abc/1.0.0/1",
		"":          "abc/1.10.0/1 abc/1.9.0/1 abc/1.0.0/2 abc/1.0.0/1 def/1.0.0/1",
	} {
		if got := strings.Join(s.builds(reference), " "); got != want {
			t.Errorf("%q: %s, want %s", reference, got, want)
		}
		var paged []string
		next := ""
		for range 10 {
			page, err := s.Builds(s.ctx(), library.BuildsRequest{Reference: reference, Limit: 2, Next: next})
			if err != nil {
				t.Fatal(err)
			}
			paged = append(paged, shorts(page.Components)...)
			if next = page.Next; next == "" {
				break
			}
		}
		if got := strings.Join(paged, " "); got != want {
			t.Errorf("pages of %q: %s, want %s", reference, got, want)
		}
	}
}

func TestAPI10PagingTokens(t *testing.T) {
	s := newShelf(t)
	for i := range 7 {
		s.add(fmt.Sprintf("abc/1.%d.0", i))
	}
	got, token := s.listed(library.ListRequest{Limit: 3})
	if len(got) != 3 || token == "" || len(token) >= 1024 {
		t.Fatalf("first page %v, token %q", got, token)
	}
	// What is added or removed meanwhile never makes another item come twice.
	if _, err := s.Delete(s.ctx(), "abc/1.2.0/1"); err != nil {
		t.Fatal(err)
	}
	s.add("abb/1.0.0", "abc/1.3.5")
	reopened := s.with(func(*library.Options) {})
	second, next := reopened.listed(library.ListRequest{Limit: 5, Next: token})
	if diff := cmp.Diff([]string{"abc/1.3.0", "abc/1.3.5", "abc/1.4.0", "abc/1.5.0", "abc/1.6.0"}, second); diff != "" || next != "" {
		t.Errorf("second page, next %q (-want +got):\n%s", next, diff)
	}
	changed := []byte(token)
	changed[len(changed)/2] ^= 1
	for name, r := range map[string]library.ListRequest{
		"other filter": {Next: token, Filters: []library.Filter{{Name: "type", Values: []string{"TEST"}}}},
		"other owner":  {Next: token, Owner: "Amazon"},
		"by name":      {Next: token, ByName: true},
		"changed":      {Next: string(changed)},
		"cut":          {Next: token[:20]},
		"made up":      {Next: "e30"},
	} {
		_, err := s.List(s.ctx(), r)
		t.Run(name, func(t *testing.T) { refused(t, err, library.InvalidPaginationToken) })
	}
	_, err := s.Builds(s.ctx(), library.BuildsRequest{Reference: "abc", Next: token})
	refused(t, err, library.InvalidPaginationToken)
	for _, order := range [][]string{{"type", "name"}, {"name", "type"}} {
		var filters []library.Filter
		for _, name := range order {
			filters = append(filters, library.Filter{Name: name, Values: []string{map[string]string{"type": "BUILD", "name": "abc"}[name]}})
		}
		if !slices.Equal(order, []string{"type", "name"}) {
			if _, err := s.List(s.ctx(), library.ListRequest{Filters: filters, Next: token}); err != nil {
				t.Errorf("the same filters in another order: %v", err)
			}
			continue
		}
		_, token = s.listed(library.ListRequest{Filters: filters, Limit: 1})
	}
}
