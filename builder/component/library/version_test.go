package library_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component/library"
)

func TestVER01LengthsOfNames(t *testing.T) {
	s := newShelf(t)
	for _, name := range []string{"abc", strings.Repeat("n", 128), "a b", "_-_"} {
		s.create(request(name, "1.0.0", "x"))
	}
	for _, name := range []string{"", "ab", strings.Repeat("n", 129), " abc", "abc ", "a/b", "../etc", "näme", "a\nb", "a.b", "a:b"} {
		_, err := s.Create(s.ctx(), request(name, "1.0.0", "x"))
		refused(t, err, library.InvalidRequest, "name")
	}
}

func TestVER02VER03NormalFormIsTheIdentity(t *testing.T) {
	s := newShelf(t)
	c := s.create(request("My_Web App", "1.0.0", "a"))
	if got, want := s.ARN(c), "arn:aws:imagebuilder:us-east-1:000000000000:component/my-web-app/1.0.0/1"; got != want {
		t.Errorf("ARN %s, want %s", got, want)
	}
	if got, err := s.Get(s.ctx(), "my-web-app/1.0.0"); err != nil || got.Name != "My_Web App" {
		t.Errorf("got name %q, %v", got.Name, err)
	}
	if again := s.create(request("my web_app", "1.0.0", "b")); again.Build != 2 {
		t.Errorf("the same name in other letters got build %d, want 2", again.Build)
	}
	s.keep("My App", "1.0.0")
	_, err := s.recipe("my-app", "1.0.0")
	refused(t, err, library.AlreadyExists, "1.0.0")
}

func TestVER04ARNInAnyForm(t *testing.T) {
	s := newShelf(t)
	s.add("My App/1.2.3")
	for _, arn := range []string{
		"arn:aws:imagebuilder:us-east-1:000000000000:component/My_App/1.2.3/1",
		"arn:aws:imagebuilder:us-east-1:000000000000:component/my-app/1.2.3",
		"arn:aws:imagebuilder:us-east-1:000000000000:component/my-app/1.x.x",
		"arn:aws:imagebuilder:us-east-1:000000000000:component/my-app",
	} {
		if got := s.chosen(arn); got != "1.2.3/1" {
			t.Errorf("%s means %s", arn, got)
		}
	}
}

func TestVER05Nodes(t *testing.T) {
	s := newShelf(t)
	s.create(request("abc", "1073741823.0.0", "x"))
	for _, version := range []string{
		"1073741824.0.0", "0.0.99999999999999999999", "1.0", "1.0.0.0", "v1.0.0", "-1.0.0", "1.x.x", "1.0.0 ", "1.0.0\n", "١.0.0", "../1.0.0",
	} {
		_, err := s.Create(s.ctx(), request("abc", version, "y"))
		refused(t, err, library.InvalidVersionNumber, "semanticVersion")
	}
	if _, err := s.Get(s.ctx(), "abc/1073741824.0.0"); err == nil {
		t.Error("a node that is too large was looked up")
	}
}

func TestVER06LeadingZeros(t *testing.T) {
	s := newShelf(t)
	s.create(request("abc", "2031.04.09", "a"))
	if got := s.chosen("abc/2031.4.9"); got != "2031.04.09/1" {
		t.Errorf("2031.4.9 means %s", got)
	}
	if c := s.create(request("abc", "2031.4.9", "b")); c.Version.Text != "2031.04.09" || c.Build != 2 {
		t.Errorf("the same version in other letters is %s", c.Short())
	}
}

func TestVER07OrderIsByNumber(t *testing.T) {
	s := newShelf(t)
	s.add("abc/9.9.9", "abc/10.0.0")
	for i := range 10 {
		s.create(request("def", "1.0.0", fmt.Sprint(i)))
	}
	if got := s.chosen("abc"); got != "10.0.0/1" {
		t.Errorf("the newest version is %s", got)
	}
	if got := s.chosen("def"); got != "1.0.0/10" {
		t.Errorf("the newest build is %s", got)
	}
}

// existing are the builds of the table in chapter 1.3.
func existing(s *shelf) {
	s.add("abc/3.0.1", "abc/3.0.1", "abc/2.9.0", "abc/2.4.7", "abc/2.4.7", "abc/2.4.7", "abc/2.4.7", "abc/2.4.7",
		"abc/2.4.6", "abc/2.4.6", "abc/2.4.6", "abc/2.4.6", "abc/2.4.6", "abc/2.4.6", "abc/2.4.6", "abc/2.4.6", "abc/2.4.6")
	for _, gone := range []string{"2.4.7/2", "2.4.7/3", "2.4.7/4", "2.4.6/1", "2.4.6/2", "2.4.6/3", "2.4.6/4", "2.4.6/5", "2.4.6/6", "2.4.6/7", "2.4.6/8"} {
		if _, err := s.Delete(s.ctx(), "abc/"+gone); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestVER08VER12Selection(t *testing.T) {
	const refusal = "to the right of an x must be x"
	const none = "not found in the store; there is 3.0.1, 2.9.0, 2.4.7, 2.4.6"
	const left = "not found in the store; there is 3.0.1 (disabled), 2.9.0, 2.4.7, 2.4.6"
	columns := []string{"x.x.x", "3.x.x", "2.x.x", "2.4.x", "2.4.7", "4.x.x", "x.4.x", "2.x.7"}
	tests := []struct {
		name   string
		change func(*shelf)
		want   []string
	}{
		{"all active", func(*shelf) {}, []string{"3.0.1/2", "3.0.1/2", "2.9.0/1", "2.4.7/5", "2.4.7/5", none, refusal, refusal}},
		{
			"newest build deprecated", func(s *shelf) { s.deprecate("abc/3.0.1/2", library.Deprecation{}) },
			[]string{"3.0.1/1", "3.0.1/1", "2.9.0/1", "2.4.7/5", "2.4.7/5", none, refusal, refusal},
		},
		{
			"newest version disabled", func(s *shelf) { s.deprecate("abc/3.0.1", library.Deprecation{Disable: true}) },
			[]string{"2.9.0/1", left, "2.9.0/1", "2.4.7/5", "2.4.7/5", left, refusal, refusal},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t)
			existing(s)
			tt.change(s)
			for i, column := range columns {
				if got := s.chosen("abc/" + column); !strings.Contains(got, tt.want[i]) {
					t.Errorf("%s means %s, want %s", column, got, tt.want[i])
				}
			}
		})
	}
}

func TestVER09WildcardsRefused(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0")
	for _, version := range []string{"x.2.x", "1.x.8", "x.x.1", "1.X.x", "1.x.x/3", "1.*.x", "^1.0.0", "~1", "1.0.0/0", "1.0.0/1/1"} {
		_, err := s.Resolve(s.ctx(), "abc/"+version)
		refused(t, err, library.InvalidRequest)
	}
}

func TestVER10DeprecatedIsTheLastChoice(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "abc/2.0.0")
	s.deprecate("abc/2.0.0", library.Deprecation{Reason: "CVE-2031-1"})
	for reference, want := range map[string]string{"abc": "1.0.0/1", "abc/2.x.x": "2.0.0/1", "abc/2.0.0/1": "2.0.0/1"} {
		if got := s.chosen(reference); got != want {
			t.Errorf("%s means %s, want %s", reference, got, want)
		}
	}
	found, err := s.Source().Find(s.ctx(), "abc/2.x.x")
	if err != nil || found.Deprecated != "CVE-2031-1" {
		t.Errorf("deprecated: %q, %v", found.Deprecated, err)
	}
}

func TestVER11DisabledIsNoChoice(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0")
	s.deprecate("abc/1.0.0/1", library.Deprecation{Disable: true, Reason: "wrong", ReplacedBy: "def/1.x.x"})
	_, err := s.Resolve(s.ctx(), "abc/1.0.0")
	refused(t, err, library.NotFound)
	_, err = s.Source().Find(s.ctx(), "abc/1.0.0/1")
	refused(t, err, library.InvalidRequest, "disabled: wrong", "use def/1.x.x instead")
}

func TestVER13GetTakesAnyState(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "abc/1.1.0")
	s.deprecate("abc/1.1.0", library.Deprecation{Disable: true})
	for reference, want := range map[string]string{"abc/1.x.x": "abc/1.1.0/1", "abc/1.1.0": "abc/1.1.0/1", "abc/1.0.0/1": "abc/1.0.0/1"} {
		if c, err := s.Get(s.ctx(), reference); err != nil || c.Short() != want {
			t.Errorf("%s gives %s, %v; want %s", reference, c.Short(), err, want)
		}
	}
}

func TestVER14NotFoundListsNearestVersions(t *testing.T) {
	s := newShelf(t)
	s.add("abcd/1.0.0", "abcd/1.1.0", "abcd/1.2.0", "abcd/1.3.0", "abcd/1.4.0", "abcd/2.0.0")
	for reference, want := range map[string]string{
		"abcd/3.x.x":   "there is 2.0.0, 1.4.0, 1.3.0, 1.2.0, 1.1.0",
		"abcd/1.2.7":   "there is 1.2.0, 1.3.0, 1.1.0, 1.4.0, 1.0.0",
		"abcd/1.2.0/3": "there is 1.2.0/1, 1.3.0/1",
		"abdc":         `did you mean "abcd" (2.0.0, 1.4.0, 1.3.0, 1.2.0, 1.1.0)`,
	} {
		_, err := s.Resolve(s.ctx(), reference)
		refused(t, err, library.NotFound, reference, "not found in the store", want)
	}
}

func TestVER15BuildNumbersAreNotReused(t *testing.T) {
	s := newShelf(t)
	for i := range 3 {
		if c := s.create(request("abc", "1.0.0", fmt.Sprint(i))); c.Build != i+1 {
			t.Errorf("build %d, want %d", c.Build, i+1)
		}
	}
	for _, r := range []string{"abc/1.0.0/3", "abc/1.0.0/2", "abc/1.0.0/1"} {
		if _, err := s.Delete(s.ctx(), r); err != nil {
			t.Fatal(err)
		}
	}
	if c := s.create(request("abc", "1.0.0", "1")); c.Build != 4 {
		t.Errorf("after all were deleted the next build is %d, want 4", c.Build)
	}
}

func TestVER17WildcardVersionsOfRecipes(t *testing.T) {
	tests := []struct {
		existing   []string
		open, want string
	}{
		{[]string{"1.0.4", "1.2.0"}, "1.0.x", "1.0.5"},
		{[]string{"1.2.5"}, "1.x.x", "1.3.0"},
		{[]string{"2.2.4"}, "x.x.x", "3.0.0"},
		{[]string{"1.2.0"}, "1.0.x", "1.0.0"},
		{nil, "x.x.x", "1.0.0"},
		{nil, "0.x.x", "0.0.0"},
	}
	for _, tt := range tests {
		s := newShelf(t)
		for _, version := range tt.existing {
			s.keep("web", version)
		}
		if r := s.keep("web", tt.open); r.Version.Text != tt.want {
			t.Errorf("%s with %v became %s, want %s", tt.open, tt.existing, r.Version, tt.want)
		}
	}
}

func TestVER18ARNsFollowTheSettings(t *testing.T) {
	s := newShelf(t)
	c := s.add("abc/1.0.0")
	moved := s.with(func(o *library.Options) {
		o.Settings = library.Settings{Partition: "aws-cn", Region: "cn-north-1", Account: "123456789012"}
	})
	if got, want := moved.ARN(c), "arn:aws-cn:imagebuilder:cn-north-1:123456789012:component/abc/1.0.0/1"; got != want {
		t.Errorf("ARN %s, want %s", got, want)
	}
}

func TestVER19AccountsAndRegions(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0")
	managed := request("update-linux", "2.0.0", "m")
	managed.Namespace = library.Managed
	if got := s.ARN(s.create(managed)); got != "arn:aws:imagebuilder:us-east-1:aws:component/update-linux/2.0.0/1" {
		t.Errorf("ARN of a managed component: %s", got)
	}
	for reference, want := range map[string]string{
		"arn:aws-us-gov:imagebuilder:us-gov-west-1:999999999999:component/abc/x.x.x": "1.0.0/1",
		"arn:aws:imagebuilder:eu-west-1:aws:component/update-linux/x.x.x":            "aws:update-linux/2.0.0/1",
		"aws:update-linux": "aws:update-linux/2.0.0/1",
	} {
		if got := s.chosen(reference); got != want {
			t.Errorf("%s means %s, want %s", reference, got, want)
		}
	}
	for _, reference := range []string{"arn:aws:imagebuilder:eu-west-1:aws:component/abc/x.x.x", "update-linux", "aws:abc"} {
		_, err := s.Resolve(s.ctx(), reference)
		refused(t, err, library.NotFound)
	}
}

func TestVER20LatestVersionReferences(t *testing.T) {
	s := newShelf(t)
	c := s.add("abc/1.4.2")
	arn := "arn:aws:imagebuilder:us-east-1:000000000000:component/abc/"
	want := library.Latest{Version: arn + "x.x.x", Major: arn + "1.x.x", Minor: arn + "1.4.x", Patch: arn + "1.4.2"}
	if diff := cmp.Diff(want, library.LatestOf(s.NameARN(c), c.Version)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVER22ShortForms(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.2.3", "abc/1.2.4", "abc/1.3.0", "abc/2.0.0")
	for reference, want := range map[string]string{
		"abc": "2.0.0/1", "abc/1": "1.3.0/1", "abc/1.2": "1.2.4/1", "abc/1.2.3": "1.2.3/1", "abc/1.2.x": "1.2.4/1", "abc/1.2.3/1": "1.2.3/1",
	} {
		if got := s.chosen(reference); got != want {
			t.Errorf("%s means %s, want %s", reference, got, want)
		}
	}
	for _, reference := range []string{"./abc.yaml", "s3://bucket/abc"} {
		if _, err := s.Source().Find(s.ctx(), reference); library.CodeOf(err) != library.NotFound {
			t.Errorf("%s: %v", reference, err)
		}
	}
	if got := s.builds("abc/1"); !slices.Equal(got, []string{"abc/1.3.0/1", "abc/1.2.4/1", "abc/1.2.3/1"}) {
		t.Errorf("builds of abc/1: %v", got)
	}
}
